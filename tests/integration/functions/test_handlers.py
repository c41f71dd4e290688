"""Common behaviour of handlers, and their handling of invalid events."""

import importlib
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from seqstack.domain.errors import MissingOutputError, UnknownRunError
from seqstack.domain.words import RunState, Step, StepState
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.aws_world import KNOWN_VALUES, AwsWorld
from tests.support.builders import EXECUTION_ARN, RUN_ID, STARTED_AT, read_event
from tests.support.situation import RESULTS, Invoke, Situation
from tests.support.written_results import write_step

CAUGHT = {"Error": "ToolFailedError", "Cause": "why"}
WRONG_EVENTS: list[tuple[str, Any]] = [
    ("validate_input", {}),
    ("validate_input", {"runId": RUN_ID, "input": {}}),
    ("submit_job", {"runId": RUN_ID, "step": "align", "attempt": 1}),
    ("submit_job", {"runId": RUN_ID, "step": "call-variants", "attempt": 1, "taskToken": "t"}),
    ("submit_job", {"runId": RUN_ID, "step": "align", "attempt": 0, "taskToken": "t"}),
    # its number would be that of the redrive's first try
    ("submit_job", {"runId": RUN_ID, "step": "align", "attempt": 100, "taskToken": "t"}),
    ("get_job_status", {"runId": RUN_ID, "step": "align"}),
    ("track_job", {}),
    ("track_job", {"detail": {}}),
    ("stop_jobs", {}),
    ("stop_jobs", {"runId": RUN_ID}),
    ("finish_run", {}),
    # a step that failed without an error, or a run without its execution: never a success
    ("finish_run", {"runId": RUN_ID, "step": "align"}),
    ("finish_run", {"runId": RUN_ID, "error": CAUGHT}),
    ("finish_run", {"runId": RUN_ID, "step": "call-variants", "error": CAUGHT}),
    ("finish_run", {"runId": RUN_ID, "error": None}),
    ("finish_run", {"runId": RUN_ID, "outputs": []}),
]


@pytest.mark.parametrize(("function", "event"), WRONG_EVENTS)
def test_handler_of_a_wrong_event_raises_and_changes_nothing(
    world: AwsWorld, invoke: Invoke, function: str, event: Any
) -> None:
    situation = Situation(world, invoke, function, event)
    situation.submit_align()
    if "runId" in event and function == "finish_run":
        situation.upload_results()  # only this prevents the run from being closed
    before = world.ledger.history(RUN_ID)

    with pytest.raises(ValidationError):
        situation.handle()

    assert world.ledger.history(RUN_ID) == before


def test_stop_jobs_of_an_execution_that_is_running_is_refused(
    world: AwsWorld, invoke: Invoke
) -> None:
    event = read_event("stop_jobs/aborted.json")
    event["detail"]["status"] = "RUNNING"
    situation = Situation(world, invoke, "stop_jobs", event)
    situation.open_run()

    with pytest.raises(ValidationError):
        situation.handle()

    assert situation.run.state is RunState.RUNNING


@pytest.mark.parametrize(
    ("function", "event"),
    [
        ("submit_job", {"runId": "none", "step": "align", "attempt": 1, "taskToken": "t"}),
        ("finish_run", {"runId": "none"}),
    ],
)
def test_handler_of_an_unknown_run_says_so(
    world: AwsWorld, invoke: Invoke, function: str, event: Any
) -> None:
    with pytest.raises(UnknownRunError, match=r"no .*none"):
        invoke(function, event)


def test_get_job_status_of_an_unknown_run_is_submitting(world: AwsWorld, invoke: Invoke) -> None:
    # the state machine then calls submit_job, which raises UnknownRunError
    answer = invoke("get_job_status", {"runId": "none", "step": "align", "attempt": 1})

    assert answer == {
        "jobId": "",
        "status": "SUBMITTING",
        "canRetry": False,
        "error": "",
        "cause": "",
    }


def test_finish_run_without_a_result_names_it_and_leaves_the_run_open(
    world: AwsWorld, invoke: Invoke
) -> None:
    situation = Situation(world, invoke, "finish_run", {"runId": RUN_ID})
    situation.open_run()
    situation.upload_results()
    world.delete_object(RESULTS.stats)

    with pytest.raises(MissingOutputError, match=r"stats/bam_stats\.dat does not exist"):
        situation.handle()

    assert situation.run.state is RunState.RUNNING


def test_finish_run_of_another_stacks_execution_leaves_the_run_open(
    world: AwsWorld, invoke: Invoke
) -> None:
    event = {"runId": RUN_ID, "executionArn": "arn:b", "startedAt": STARTED_AT, "error": CAUGHT}
    situation = Situation(world, invoke, "finish_run", event)
    situation.open_run()

    assert situation.handle() == {"error": "ToolFailedError", "cause": "why"}

    assert situation.run.state is RunState.RUNNING


@pytest.mark.parametrize(
    "path", ["finish_run/succeeded", "finish_run/run_failed", "stop_jobs/aborted"]
)
def test_handler_that_ends_a_run_where_runs_expire_dates_every_item(
    world: AwsWorld, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    function = path.split("/", maxsplit=1)[0]
    situation = Situation(world, invoke, function, read_event(f"{path}.json"))
    situation.submit_align()
    situation.upload_results()
    monkeypatch.setitem(KNOWN_VALUES, "EXPIRE_FINISHED_RUNS_AFTER_DAYS", "30")

    situation.handle()

    for sk in ("RUN", "STEP#align", "JOB#align#01"):
        item = world.item(f"RUN#{RUN_ID}", sk)
        assert item
        in_30_days = time.time() + 30 * 24 * 3600
        assert int(item["expiresAt"]["N"]) == pytest.approx(in_30_days, abs=60)


def test_stop_jobs_of_a_run_that_was_redriven_since_dates_nothing(
    world: AwsWorld, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    situation = Situation(world, invoke, "stop_jobs", read_event("stop_jobs/aborted.json"))
    situation.open_run()
    world.ledger.reopen_run(RUN_ID, 1)
    world.ledger.reopen_step(RUN_ID, Step.ALIGN, 1)
    monkeypatch.setitem(KNOWN_VALUES, "EXPIRE_FINISHED_RUNS_AFTER_DAYS", "30")

    assert situation.handle() == {"runId": RUN_ID, "stopped": []}

    assert situation.run.state is RunState.RUNNING
    item = world.item(f"RUN#{RUN_ID}", "RUN")
    assert item
    assert "expiresAt" not in item


def test_submit_job_after_a_redrive_is_numbered_from_the_redrives_hundred(
    world: AwsWorld, invoke: Invoke, batch: None
) -> None:
    event = {**read_event("submit_job/align.json"), "redrive": 2}
    situation = Situation(world, invoke, "submit_job", event)
    situation.open_run()

    situation.handle()

    assert world.item(f"RUN#{RUN_ID}", "JOB#align#201")
    assert situation.align.attempt == 201


def test_finish_run_where_runs_stay_dates_nothing(world: AwsWorld, invoke: Invoke) -> None:
    situation = Situation(world, invoke, "finish_run", {"runId": RUN_ID})
    situation.submit_align()
    situation.upload_results()

    situation.handle()

    item = world.item(f"RUN#{RUN_ID}", "RUN")
    assert item
    assert "expiresAt" not in item


@contextmanager
def heard_log(function: str) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Let a function's logger write to a text of its own; call the result to read it."""
    handler = importlib.import_module(f"functions.{function}.app").logger.registered_handler
    text = io.StringIO()
    stdout = handler.setStream(text)
    yield lambda: [json.loads(line) for line in text.getvalue().splitlines()]
    handler.setStream(stdout)


@pytest.mark.usefixtures("batch")
def test_handler_logs_json_with_ids_and_no_event(world: AwsWorld, invoke: Invoke) -> None:
    situation = Situation(world, invoke, "submit_job", read_event("submit_job/align.json"))
    situation.open_run()

    with heard_log("submit_job") as log:
        situation.handle()

    (line,) = log()
    assert line["message"] == "Waiting for job"
    assert (line["runId"], line["step"], line["attempt"]) == (RUN_ID, "align", 1)
    assert line["function_request_id"]
    assert situation.event["taskToken"] not in str(line)


def test_handler_keeps_no_ids_of_the_invocation_before(world: AwsWorld, invoke: Invoke) -> None:
    situation = Situation(world, invoke, "track_job", read_event("track_job/runnable.json"))
    situation.submit_align()
    situation.handle()

    with heard_log("track_job") as log:
        invoke("track_job", read_event("track_job/foreign.json"))

    (line,) = log()
    assert line["message"] == "Job belongs to no run"
    assert "runId" not in line


def test_what_handlers_share_logs_the_ids_of_the_invocation(
    world: AwsWorld, invoke: Invoke
) -> None:
    situation = Situation(world, invoke, "track_job", read_event("track_job/succeeded.json"))
    situation.submit_align()
    situation.write_align()

    with heard_log("track_job") as log:
        situation.handle()

    considered, tracked = log()
    assert considered["message"] == "Outputs considered for reuse"
    assert considered["outcome"]
    assert tracked["message"] == "Job tracked"
    for name in ("service", "runId", "step", "attempt", "jobId", "function_request_id"):
        assert considered[name] == tracked[name]


def test_handler_counts_in_the_stacks_namespace(
    world: AwsWorld, invoke: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    situation = Situation(world, invoke, "track_job", read_event("track_job/running.json"))
    situation.submit_align()

    situation.handle()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line for line in lines if "_aws" in line]
    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "SeqStack"
    assert directive["Dimensions"] == [["environment", "queue"]]
    assert (metric["JobRunning"], metric["environment"]) == ([1.0], "dev")


@pytest.mark.usefixtures("batch")
def test_run_from_validation_to_success_is_closed_step_by_step(
    world: AwsWorld, invoke: Invoke
) -> None:
    """The way of a sample through the functions, without the state machines."""
    event = read_event("validate_input/exome.json")
    situation = Situation(world, invoke, "validate_input", event)
    situation.upload_inputs(event["input"])
    situation.handle()

    for step in SECONDARY_ANALYSIS.step_names:
        token = f"token-{step}"
        job = {"runId": RUN_ID, "step": step, "attempt": 1}
        submitted = invoke("submit_job", {**job, "taskToken": token})
        told = read_event("track_job/succeeded.json")
        told["detail"] |= {
            "jobId": submitted["jobId"],
            "parameters": {"runId": RUN_ID, "step": step, "attempt": "1"},
        }
        write_step(world.client("s3"), RESULTS, step, submitted["jobId"])
        invoke("track_job", told)
        assert invoke("get_job_status", job)["status"] == "SUCCEEDED"
        assert world.answers[-1][1]["taskToken"] == token
    invoke("finish_run", {"runId": RUN_ID})

    history = world.ledger.history(RUN_ID)
    assert history.run.state is RunState.SUCCEEDED
    assert history.run.execution_arn == EXECUTION_ARN
    assert {step.state for step in history.steps} == {StepState.SUCCEEDED}
    assert len(history.jobs) == len(SECONDARY_ANALYSIS.steps)
