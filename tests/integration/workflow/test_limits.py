"""The history events of one check of a job, and the length of causes: docs/limits.md."""

from collections import Counter

import pytest

from seqstack.domain.classification import LOG_LINES_SHOWN
from tests.harness.scripted import Act
from tests.support.workflow_world import RECONCILE_SECONDS, World

pytestmark = pytest.mark.long


def test_look_at_a_job_without_an_event_leaves_fifteen_events(world: World) -> None:
    seconds = 3 * RECONCILE_SECONDS + 2.0  # two waits: the second is twice the first
    world.play({"-align-1": [Act.succeed(after_seconds=seconds)]})
    ended = world.run(world.sample())
    machine = world.emulator.resources["RunBatchJobStateMachine"]
    arn = machine.replace(":stateMachine:", ":execution:")
    events = world.history(f"{arn}:{ended.run_id}-align-0-0")
    names = [event.get("stateEnteredEventDetails", {}).get("name") for event in events]

    one_look = events[names.index("SubmitJob") : names.index("AwaitJob")]

    kinds = Counter(event["type"] for event in one_look)
    assert kinds == {
        "TaskStateEntered": 2, "TaskScheduled": 2, "TaskStarted": 2, "TaskSubmitted": 1,
        "TaskTimedOut": 1, "TaskSucceeded": 1, "TaskStateExited": 2,
        "ChoiceStateEntered": 1, "ChoiceStateExited": 1,
        "PassStateEntered": 1, "PassStateExited": 1,
    }  # fmt: skip
    assert sum(kinds.values()) == 15
    assert ended.steps["align"].count("DoubleWait") == 2


@pytest.mark.parametrize("character", ["x", '"', "\x1b", "𝄞"])
def test_longest_log_of_a_failed_tool_comes_through_both_state_machines(
    world: World, character: str
) -> None:
    lines = [character * 10_000] * (LOG_LINES_SHOWN + 5)
    world.play({"-align-1": [Act.fail(1, lines=lines)]})

    ended = world.run(world.sample())

    shown = "�" if character == "\x1b" else character
    assert ended.error == "ToolFailedError"
    assert ended.cause.startswith("align (bwa) failed: exit status 1")
    assert ended.cause.count(shown * 500 + "…") == LOG_LINES_SHOWN
    failure = world.row(ended).run.failure
    assert failure is not None
    assert failure.cause == ended.cause
