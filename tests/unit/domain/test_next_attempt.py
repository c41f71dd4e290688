"""The design's table of failures: what follows each of them, and that the following ends."""

import inspect
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqstack.domain import errors
from seqstack.domain.next_attempt import FailedTry, plan_next_attempt
from seqstack.domain.plan import MIB_PER_GIB, StepPlan, whole_gib
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import HIGH, ON_DEMAND, step_plan

PLAN = step_plan()  # bwa, 28 GiB, on the high-priority queue
GIB_28, GIB_56 = 28 * MIB_PER_GIB, 56 * MIB_PER_GIB
JOB_ERRORS = [
    name
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.JobError)
]
HELPED = {
    "SpotReclaimedError",
    "OutOfMemoryError",
    "ImagePullError",
    "ContainerNotRunError",
    "StuckInQueueError",
}


def failed(error: str, memory_mib: int = GIB_28, job_queue: str = HIGH) -> FailedTry:
    return FailedTry(job_queue, memory_mib, error)


def asked(plan: StepPlan | None) -> tuple[str, int, str] | None:
    """Queue, MiB, and the GiB in the container's arguments."""
    if plan is None:
        return None
    return plan.job_queue, plan.memory_mib, plan.command[plan.command.index("--memory") + 1]


def test_plan_next_attempt_before_any_try_is_the_plan() -> None:
    assert plan_next_attempt(PLAN, []) == PLAN


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("SpotReclaimedError", (ON_DEMAND, GIB_28, "28")),
        ("OutOfMemoryError", (HIGH, GIB_56, "56")),
        ("ImagePullError", (HIGH, GIB_28, "28")),
        ("ContainerNotRunError", (HIGH, GIB_28, "28")),
        ("StuckInQueueError", (HIGH, GIB_28, "28")),
        ("JobTimedOutError", None),
        ("ToolFailedError", None),
        ("JobTerminatedError", None),
        ("SubmissionRejectedError", None),
        ("NameOfNoError", None),
    ],
)
def test_plan_next_attempt_after_one_failure_follows_the_design(
    error: str, expected: tuple[str, int, str] | None
) -> None:
    assert asked(plan_next_attempt(PLAN, [failed(error)])) == expected


def test_plan_next_attempt_changes_nothing_but_queue_and_memory() -> None:
    told = step_plan(command=("--memory", "28", "--cmd_args=-K 100", "--working_dir", "/scratch"))

    again = plan_next_attempt(told, [failed("OutOfMemoryError")])

    assert again == step_plan(
        memory_mib=GIB_56,
        command=("--memory", "56", "--cmd_args=-K 100", "--working_dir", "/scratch"),
    )


def test_plan_next_attempt_out_of_memory_doubles_up_to_the_tools_limit() -> None:
    tries: list[FailedTry] = []
    asked_for = []
    while plan := plan_next_attempt(PLAN, tries):
        asked_for.append(plan.memory_mib // MIB_PER_GIB)
        tries.append(failed("OutOfMemoryError", plan.memory_mib))

    assert asked_for == [28, 56, 112, 128]  # 128 GiB is bwa's limit


def test_plan_next_attempt_out_of_memory_of_another_versions_tool_gives_up() -> None:
    plan = step_plan(tool="cellRanger")

    assert plan_next_attempt(plan, [failed("OutOfMemoryError")]) is None
    assert plan_next_attempt(plan, [failed("ImagePullError")]) == plan


@pytest.mark.parametrize("tool", SECONDARY_ANALYSIS.tools)
def test_plan_next_attempt_out_of_memory_at_the_limit_or_above_gives_up(tool: Tool) -> None:
    limit = tool.definition.memory_limit_gib * MIB_PER_GIB
    plan = step_plan(tool.step, tool=tool)

    below, at, above = (
        plan_next_attempt(plan, [failed("OutOfMemoryError", memory)])
        for memory in (limit - MIB_PER_GIB, limit, limit + MIB_PER_GIB)
    )

    assert (below.memory_mib if below else None, at, above) == (limit, None, None)


def test_plan_next_attempt_reclaimed_once_more_on_demand_gives_up() -> None:
    tries = [failed("SpotReclaimedError"), failed("SpotReclaimedError", job_queue=ON_DEMAND)]

    assert plan_next_attempt(PLAN, tries) is None


def test_plan_next_attempt_reclaimed_where_the_run_asked_for_on_demand_gives_up() -> None:
    plan = step_plan(job_queue=ON_DEMAND)

    assert plan_next_attempt(plan, [failed("SpotReclaimedError", job_queue=ON_DEMAND)]) is None


@pytest.mark.parametrize("error", ["ImagePullError", "ContainerNotRunError", "StuckInQueueError"])
def test_plan_next_attempt_tried_once_more_in_vain_gives_up(error: str) -> None:
    assert plan_next_attempt(PLAN, [failed(error), failed(error)]) is None


def test_plan_next_attempt_once_more_counts_each_error_by_itself() -> None:
    tries = [failed("ImagePullError"), failed("StuckInQueueError")]

    assert asked(plan_next_attempt(PLAN, tries)) == (HIGH, GIB_28, "28")


def test_plan_next_attempt_once_more_is_once_even_with_others_in_between() -> None:
    tries = [failed("ImagePullError"), failed("OutOfMemoryError"), failed("ImagePullError", GIB_56)]

    assert plan_next_attempt(PLAN, tries) is None


def test_plan_next_attempt_keeps_what_earlier_tries_have_changed() -> None:
    tries = [failed("OutOfMemoryError"), failed("SpotReclaimedError", GIB_56)]
    assert asked(plan_next_attempt(PLAN, tries)) == (ON_DEMAND, GIB_56, "56")

    tries.append(failed("StuckInQueueError", GIB_56, ON_DEMAND))
    assert asked(plan_next_attempt(PLAN, tries)) == (ON_DEMAND, GIB_56, "56")

    tries.append(failed("OutOfMemoryError", GIB_56, ON_DEMAND))
    assert asked(plan_next_attempt(PLAN, tries)) == (ON_DEMAND, 112 * MIB_PER_GIB, "112")


@given(
    tool=st.sampled_from(SECONDARY_ANALYSIS.tools),
    gib=st.integers(min_value=1, max_value=512),
    ends=st.lists(st.sampled_from(JOB_ERRORS), min_size=100, max_size=100),
)
def test_plan_next_attempt_of_any_failures_comes_to_an_end(
    tool: Tool, gib: int, ends: Sequence[str]
) -> None:
    command = ("--memory", str(gib))
    plan = step_plan(tool.step, tool=tool, memory_mib=gib * MIB_PER_GIB, command=command)
    tries: list[FailedTry] = []
    while following := plan_next_attempt(plan, tries):
        if tries:
            assert tries[-1].error in HELPED
            assert following.memory_mib >= tries[-1].memory_mib
            assert following.job_queue in {tries[-1].job_queue, ON_DEMAND}
        assert following.memory_mib <= max(
            plan.memory_mib, tool.definition.memory_limit_gib * MIB_PER_GIB
        )
        assert following.command == ("--memory", str(whole_gib(following.memory_mib)))
        tries.append(FailedTry(following.job_queue, following.memory_mib, ends[len(tries)]))

    # the first, at most 8 doublings from 1 GiB to 256, on-demand once, and each of three once more
    assert len(tries) <= 1 + 8 + 1 + 3
