"""How long jobs are expected to take, by hand, and their timeouts and tries on Spot."""

from pathlib import Path
from typing import Any

import pytest

from seqstack.domain.commands import TIMED_TOOLS, TIMEOUT_OPTION
from seqstack.domain.duration import expected_seconds, is_long, timeout_seconds, tool_minutes
from seqstack.domain.fingerprint import work_key
from seqstack.domain.plan import StepPlan, plan_steps
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import (
    HIGH,
    ON_DEMAND,
    exome_input,
    job_definition,
    run_input,
    stack_defaults,
    step_plan,
)

CONTAINERS = Path(__file__).parents[3] / "containers"
GIB = 1 << 30
HOUR, DAY = 3600, 24 * 3600


def planned(gib_of_reads: float, timeout: int = DAY, vcpus: int = 16) -> dict[str, StepPlan]:
    """The plans of a run of bwa and freebayes whose two FASTQ files have this size."""
    run = run_input(exome_input(bcftools=None, freebayes={}))
    definitions = {
        step: job_definition("any", vcpus=vcpus, timeout_seconds=timeout)
        for step in SECONDARY_ANALYSIS.step_names
    }
    sizes = {uri: int(gib_of_reads * GIB / len(run.reads)) for uri in run.reads}
    return {plan.step: plan for plan in plan_steps(run, stack_defaults(), definitions, sizes)}


@pytest.mark.parametrize(
    ("gib", "vcpus", "hours"),
    # 3 vCPU hours for each GiB of reads
    [(64, 16, 12), (64, 32, 6), (8, 16, 1.5), (0, 16, 0)],
)
def test_expected_time_of_bwa_follows_reads_and_vcpus(gib: int, vcpus: int, hours: float) -> None:
    assert expected_seconds(Tool.BWA.definition, 1.0, gib * GIB, vcpus) == hours * HOUR


@pytest.mark.parametrize(
    ("shortest", "expected", "timeout"),
    [
        (DAY, HOUR, DAY),
        (DAY, 12 * HOUR, 2 * DAY),
        (DAY, 30 * DAY, 14 * DAY),
        (20 * DAY, 30 * DAY, 20 * DAY),
        (HOUR, 0, HOUR),
        (0, 12 * HOUR, 0),  # the job definition has none, on purpose
    ],
)
def test_timeout_is_the_stacks_or_four_times_what_is_expected(
    shortest: int, expected: int, timeout: int
) -> None:
    assert timeout_seconds(shortest, expected) == timeout


def test_plan_of_a_genome_has_more_time_than_that_of_an_exome() -> None:
    exome, genome = planned(6), planned(128)

    # 128 GiB x 3 / 16 vCPUs = 24 hours; an exome keeps the stack's day
    assert exome[Step.ALIGN].timeout_seconds == DAY
    assert genome[Step.ALIGN].expected_seconds == DAY
    assert genome[Step.ALIGN].timeout_seconds == 4 * DAY
    # freebayes reads the BAM: 128 x 1.2 GiB x 4 / 16 = 38.4 hours
    assert genome[Step.CALL_VARIANTS].timeout_seconds == pytest.approx(4 * 38.4 * HOUR, abs=4)
    assert genome[Step.ALIGNMENT_STATS].timeout_seconds == DAY


@pytest.mark.parametrize(
    ("timeout", "minutes"),
    # a day less 72 minutes; the shortest JobTimeoutSeconds; none, so the longest that there is
    [(DAY, 24 * 60 - 72), (4 * DAY, 4 * (24 * 60 - 72)), (60, 1), (0, 14 * (24 * 60 - 72))],
)
def test_tool_is_stopped_before_its_job(timeout: int, minutes: int) -> None:
    assert tool_minutes(timeout) == minutes


@pytest.mark.parametrize(
    ("tool", "step"), [(Tool.ISAAC, Step.ALIGN), (Tool.STRELKA, Step.CALL_VARIANTS)]
)
def test_time_limit_of_a_tool_follows_the_jobs_timeout(tool: Tool, step: Step) -> None:
    plan = step_plan(tool=tool, step=step, timeout_seconds=2 * DAY)
    longer = step_plan(tool=tool, step=step, timeout_seconds=4 * DAY)

    assert plan.as_submitted({}).command == (*plan.command, TIMEOUT_OPTION, "2736")
    assert longer.as_submitted({}).command == (*plan.command, TIMEOUT_OPTION, "5472")
    # what has finished is reused
    assert work_key([plan], {}) == work_key([longer], {})


def test_other_tools_have_no_time_limit() -> None:
    plan = step_plan(tool=Tool.BWA, timeout_seconds=DAY)

    assert plan.as_submitted({}).command == plan.command


def test_tools_with_a_time_limit_are_those_whose_containers_take_one() -> None:
    folders = {str(tool): tool.definition.folder for tool in Tool}
    entries = {tool: CONTAINERS / name / f"run_{name}.py" for tool, name in folders.items()}

    taking = [tool for tool, path in entries.items() if "add_timeout_argument(" in path.read_text()]
    assert sorted(taking) == sorted(TIMED_TOOLS)


@pytest.mark.parametrize(("hours", "long"), [(0, False), (3.9, False), (4, True), (12, True)])
def test_job_of_four_hours_is_long(hours: float, long: bool) -> None:
    assert is_long(int(hours * HOUR)) is long


@pytest.mark.parametrize(
    ("changes", "leaves"),
    [
        ({"expected_seconds": 12 * HOUR, "job_queue": HIGH}, True),
        ({"expected_seconds": HOUR, "job_queue": HIGH}, False),
        # nothing is left but to try again there
        ({"expected_seconds": 12 * HOUR, "job_queue": ON_DEMAND}, False),
    ],
)
def test_plan_of_a_long_job_leaves_spot_at_once(changes: dict[str, Any], leaves: bool) -> None:
    assert step_plan(**changes).leaves_spot_at_once is leaves
