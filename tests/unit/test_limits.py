"""No state machine, item or job can grow past what AWS allows: the arithmetic of docs/limits.md.

Events are counted as Step Functions writes them: two for each state, three for each try of a task
(scheduled, started, ended), and one more for the try that is waited for (submitted); the test of
the same name in tests/integration/workflow reads them from a history.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from seqstack.domain.classification import LOG_LINES_SHOWN, failure_cause
from seqstack.domain.duration import LONGEST_EXECUTION, expected_seconds
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.domain.failures import Failure, real_failure
from seqstack.domain.next_attempt import FailedTry, plan_next_attempt
from seqstack.domain.plan import MIB_PER_GIB, plan_steps
from seqstack.domain.reads.parts import MAX_PARTS, part_step
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.order import order_of_steps
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.aws_world import template
from tests.support.builders import (
    ON_DEMAND,
    SOURCE_BUCKET,
    exome_input,
    job_definition,
    job_record,
    run_input,
    stack_defaults,
    step_plan,
)

ROOT = Path(__file__).parents[2]
MAX_EVENTS = 25_000
MAX_PAYLOAD_BYTES = 256 * 1024
MAX_ITEM_BYTES = 400 * 1024
LONGEST_DOUBLED = 14_400
STATE_EVENTS, TRY_EVENTS, SUBMITTED = 2, 3, 1


def machine(name: str) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads((ROOT / f"statemachine/{name}.asl.json").read_text())
    return definition


def worst_events(state: dict[str, Any]) -> int:
    """The most events that one visit of a state can leave, every retry used up."""
    if state["Type"] == "Parallel":
        branches = (worst_events(one) for b in state["Branches"] for one in b["States"].values())
        return STATE_EVENTS + 2 + sum(branches)
    if state["Type"] != "Task":
        return STATE_EVENTS
    tries = 1 + sum(retry["MaxAttempts"] for retry in state.get("Retry", []))
    return STATE_EVENTS + TRY_EVENTS * tries + SUBMITTED


def waits(first: int, longest: int) -> list[int]:
    """The waits of a step between checks of a job that runs for `longest` seconds."""
    (doubled,) = (
        rule
        for rule in machine("run_batch_job")["States"]["CheckJobStatus"]["Choices"]
        if rule["Next"] == "DoubleWait"
    )
    assert doubled["NumericLessThan"] == LONGEST_DOUBLED
    made, wait = [first], first
    while sum(made) < longest:
        wait *= 2 if wait < doubled["NumericLessThan"] else 1
        made.append(wait)
    return made


def most_attempts() -> int:
    """The longest chain of tries: every error that allows another one, in the worst order."""
    plan = step_plan(Step.ALIGN, tool=Tool.ISAAC, memory_mib=MIB_PER_GIB)
    failed: list[FailedTry] = []
    errors = [
        "StuckInQueueError",
        "ImagePullError",
        "ContainerNotRunError",
        "SpotReclaimedError",
        *["OutOfMemoryError"] * 99,
    ]
    for error in errors:
        asked = plan_next_attempt(plan, failed)
        if asked is None:
            break
        failed.append(FailedTry(asked.job_queue, asked.memory_mib, error))
    assert failed[-1].job_queue == ON_DEMAND
    assert failed[-1].memory_mib == Tool.ISAAC.definition.memory_limit_gib * MIB_PER_GIB
    return len(failed)


def test_most_attempts_are_thirteen() -> None:
    # stuck, no image, no container, reclaimed, and 1 GiB doubled eight times to 256 GiB
    assert most_attempts() == 13


@pytest.mark.parametrize("reconcile_seconds", [5, 60, 900, 1800, 3599, 3600, 86400])
def test_run_batch_job_of_sixty_days_stays_below_the_limit_of_events(
    reconcile_seconds: int,
) -> None:
    definition = machine("run_batch_job")
    states = definition["States"]
    round_of = ("AwaitJob", "GetJobStatus", "CheckJobStatus", "DoubleWait")
    one_round = sum(worst_events(states[name]) for name in round_of)
    # each attempt begins with short waits; together they can last no longer than the execution
    steady = len(waits(reconcile_seconds, definition["TimeoutSeconds"]))
    short = sum(
        wait < LONGEST_DOUBLED for wait in waits(reconcile_seconds, definition["TimeoutSeconds"])
    )
    rounds = steady + most_attempts() * (short + 1)
    once = sum(worst_events(state) for state in states.values())

    assert rounds * one_round + once < MAX_EVENTS


def test_reconcile_seconds_parameter_keeps_to_what_is_counted() -> None:
    parameter = template()["Parameters"]["ReconcileSeconds"]

    assert (parameter["MinValue"], parameter["MaxValue"]) == (5, 86400)


def map_events(iterations: int) -> int:
    """Entered, exited, started, succeeded; and each iteration started and succeeded."""
    return STATE_EVENTS + 2 + 2 * iterations


def test_secondary_analysis_has_no_loop_and_few_events() -> None:
    states = machine("secondary_analysis")["States"]
    inner = states["RunStages"]
    while "RunStep" not in inner["ItemProcessor"]["States"]:
        (inner,) = (s for s in inner["ItemProcessor"]["States"].values() if s["Type"] == "Map")
    names = [*(part_step(Step.ALIGN, n + 1) for n in range(MAX_PARTS)), *run_input().tools]
    stages = order_of_steps(SECONDARY_ANALYSIS, names).stages

    events = sum(worst_events(state) for state in states.values())
    events += map_events(len(stages))
    for stage in stages:
        events += map_events(len(stage))
        for branch in stage:
            step = sum(map(worst_events, inner["ItemProcessor"]["States"].values()))
            events += map_events(len(branch)) + step * len(branch)

    assert len(names) == MAX_PARTS + 6
    assert 1_300 < events < 1_500


def test_cohort_can_follow_a_run_for_sixty_days() -> None:
    samples = machine("cohort")["States"]["RunSamples"]
    states = samples["ItemProcessor"]["States"]
    loop = ("FindRun", "JudgeFoundRun", "AwaitRun")
    rounds = LONGEST_EXECUTION.total_seconds() / states["AwaitRun"]["Seconds"]

    # a round of two for the choice and the wait, and five for the task without retries
    assert rounds * (2 + 2 + 5) < 16_000
    assert sum(worst_events(states[name]) for name in states if name not in loop) < 500


@pytest.mark.parametrize("name", ["run_batch_job", "secondary_analysis", "prepare_reference"])
def test_no_execution_lasts_longer_than_the_code_assumes(name: str) -> None:
    definition = machine(name)
    nested = re.findall(r'startExecution.*?"TimeoutSeconds": (\d+)', json.dumps(definition))

    assert definition["TimeoutSeconds"] == LONGEST_EXECUTION.total_seconds()
    assert set(nested) <= {str(definition["TimeoutSeconds"])}


def test_a_queue_of_450_genomes_ends_before_its_last_execution() -> None:
    # bwa's 64 GiB of reads in 12 hours on 16 vCPUs, 16 at a time with the default 256 vCPUs on Spot
    one = expected_seconds(Tool.BWA.definition, 1.0, 64 << 30, vcpus=16)
    at_a_time = template()["Parameters"]["MaxSpotVcpus"]["Default"] // 16

    assert one == 12 * 3600
    assert math.ceil(450 / at_a_time) * one > 14 * 24 * 3600
    assert 2 * math.ceil(450 / at_a_time) * one < LONGEST_EXECUTION.total_seconds()


@pytest.mark.parametrize("character", ["x", '"', "\\", "é", "𝄞", "\x1b", "\n"])
def test_longest_cause_of_a_job_passes_both_state_machines_whole(character: str) -> None:
    lines = [character * 100_000] * (LOG_LINES_SHOWN + 1)
    reason = "r" * 1024
    job = job_record("FAILED", statusReason=reason, container={"exitCode": 1, "reason": reason})

    cause = failure_cause(job, "callVariants", "strelka", lines)

    # the nested execution's end as its parent's Catch gets it: JSON in JSON
    ended = json.dumps(
        {
            "ExecutionArn": "a" * 256,
            "Error": "ToolFailedError",
            "Cause": cause,
            "Input": "i" * 2048,
        },
        ensure_ascii=False,
    )
    assert len(ended) <= Failure.MAX_CAUSE_CHARACTERS
    assert real_failure("States.TaskFailed", ended).cause == cause
    # $.job, $.error and $.failure hold it in run_batch_job
    data = json.dumps({"job": cause, "error": ended, "failure": cause}, ensure_ascii=False)
    assert len(data.encode()) < MAX_PAYLOAD_BYTES


def test_longest_refusal_of_an_input_passes_the_state_machine_whole() -> None:
    error = InvalidInputError(Problem(f"$.path{n}", '"' * 500) for n in range(1000))

    cause = json.dumps({"errorMessage": str(error), "errorType": "InvalidInputError"})

    assert real_failure("InvalidInputError", cause).cause == str(error)
    assert len(str(error)) < Failure.MAX_CAUSE_CHARACTERS


def test_cause_of_any_length_fits_an_item() -> None:
    failure = real_failure("E" * 1000, "𝄞" * 1_000_000)

    assert len((failure.error + failure.cause).encode()) < MAX_ITEM_BYTES / 2


def lanes(count: int, key_bytes: int) -> dict[str, Any]:
    def uris(read: int) -> list[str]:
        folder = "k" * (key_bytes - len("/00_1.fastq.gz"))
        return [f"s3://{SOURCE_BUCKET}/{folder}/{n:02}_{read}.fastq.gz" for n in range(count)]

    return exome_input(fastq1S3Path=uris(1), fastq2S3Path=uris(2))


def test_input_of_32_lanes_with_the_longest_keys_is_refused_with_a_hint() -> None:
    document = lanes(32, 1024)
    assert len(json.dumps(document)) < MAX_PAYLOAD_BYTES
    definitions = {step: job_definition("any") for step in SECONDARY_ANALYSIS.step_names}

    with pytest.raises(InvalidInputError, match=r"\$\.bwa: .* give fewer lanes, shorter S3 keys"):
        plan_steps(run_input(document), stack_defaults(), definitions, {})


def test_input_of_32_lanes_with_usual_keys_fits_a_job() -> None:
    definitions = {step: job_definition("any") for step in SECONDARY_ANALYSIS.step_names}

    plans = plan_steps(run_input(lanes(32, 60)), stack_defaults(), definitions, {})

    # what Batch passes to ECS as overrides, of 8,192 characters: command, resources, variables
    overrides = {
        "containerOverrides": [
            {
                "name": "default",
                "command": list(plans[0].command),
                "environment": [{"name": f"AWS_BATCH_{n}", "value": "v" * 36} for n in range(5)],
                "memory": plans[0].memory_mib,
                "cpu": plans[0].vcpus * 1024,
            }
        ]
    }
    assert len(json.dumps(overrides)) < 8192
