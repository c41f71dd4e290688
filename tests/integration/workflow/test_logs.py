"""Logs name runs, samples and missing objects, and nothing else of an input."""

import pytest

from tests.harness.scripted import Act
from tests.support.workflow_world import EndedRun, World

pytestmark = pytest.mark.long

SECRET = "jane-roe"


def logs_of(world: World, ended: EndedRun) -> str:
    """The logs of functions, state machines and the API, after the run's notification.

    The tools' own logs are not among it: they stand in a group of their own.
    """
    run_id = ended.execution["name"]
    last = "/aws/lambda/notify_run_end-"
    world.eventually(True, lambda: any(run_id in line for line in world.logged(last)))
    return "\n".join(world.logged("/aws/"))


def test_logs_of_a_run_that_succeeds_contain_nothing_of_the_patient(world: World) -> None:
    document = world.sample(tags={"patient": SECRET})
    ended = world.run(document)
    assert ended.execution["status"] == "SUCCEEDED", ended.execution

    logs = logs_of(world, ended)

    assert document["sampleId"] in logs
    assert SECRET not in logs
    assert document["fastq1S3Path"] not in logs


def test_logs_of_a_rejected_input_do_not_repeat_its_tags(world: World) -> None:
    too_long = SECRET * 100
    ended = world.run(world.sample(tags={"patient": too_long, "born": [SECRET]}))
    assert "$.tags.patient" in ended.cause
    assert "$.tags.born" in ended.cause

    assert SECRET not in logs_of(world, ended)


def test_logs_of_a_failed_step_do_not_repeat_what_its_tool_wrote(world: World) -> None:
    world.play({"-align-1": [Act.fail(1, lines=[f"can't read {SECRET}"])]})
    ended = world.run(world.sample())
    assert SECRET in ended.cause

    assert SECRET not in logs_of(world, ended)
