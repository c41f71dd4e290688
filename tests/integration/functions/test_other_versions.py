"""An update under way: rows of an earlier version and of a newer one, under today's functions."""

import importlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.client import ApiClient
from cli.errors import ExitCode
from cli.options import Options
from cli.sending import Answer
from cli.session import Session
from seqstack.adapters.ledger import Ledger
from seqstack.domain.job_record import JobKey
from seqstack.domain.records import StepRow
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import RunState, Step, StepState
from seqstack.workflows.definition import Output, Queue, StepDefinition
from seqstack.workflows.registry import WORKFLOWS
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.aws_world import TABLE, AwsWorld, make_state_machines
from tests.support.builders import (
    RUN_ID,
    all_steps,
    exome_input,
    read_event,
    run_row,
    step_plan,
    written_objects,
)
from tests.support.situation import RESULTS, Invoke
from tests.support.written_results import write_run, write_step

LATER_STEP = StepDefinition(
    "targetMetrics",
    outputs=(Output("stats/target_metrics.txt"),),
    queue=Queue.LOW_PRIORITY,
    read_per_input_byte=1.2,
    after=("align",),
    default_tool=SECONDARY_ANALYSIS.default_tools["alignmentStats"],
)


@pytest.fixture
def later_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the functions with one more step in the middle."""
    align, *others = SECONDARY_ANALYSIS.steps
    later = replace(SECONDARY_ANALYSIS, steps=(align, LATER_STEP, *others))
    monkeypatch.setitem(WORKFLOWS, later.name, later)


def open_as_earlier_version(world: AwsWorld) -> None:
    """Open a run whose rows name neither its workflow nor the positions of its steps."""
    steps = [row for row in all_steps() if row.step != Step.AGGREGATE_QC]
    assert world.ledger.open_run(run_row(), steps)
    table = world.client("dynamodb")
    for step in (None, *(row.step for row in steps)):
        key = {"pk": {"S": f"RUN#{RUN_ID}"}, "sk": {"S": f"STEP#{step}" if step else "RUN"}}
        names = {"#a": "position" if step else "workflow"}
        table.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="REMOVE #a",
            ConditionExpression="attribute_exists(#a)",
            ExpressionAttributeNames=names,
        )


def test_run_of_an_earlier_version_ends_well_with_the_steps_that_it_has(
    world: AwsWorld, invoke: Invoke, later_version: None
) -> None:
    open_as_earlier_version(world)
    write_run(world.client("s3"), RESULTS, world.ledger, RUN_ID)

    ended = invoke("finish_run", {"runId": RUN_ID, "redrive": 0})

    history = world.ledger.history(RUN_ID)
    assert history.run.state is RunState.SUCCEEDED
    assert (history.run.workflow, history.run.sample_id) == ("secondary_analysis", "NA12878")
    assert list(ended["outputs"]) == ["align", "callVariants", "annotate", "alignmentStats"]
    assert [row.step for row in history.steps] == list(ended["outputs"])
    tagged = world.client("s3").get_object_tagging(Bucket=RESULTS.bam.bucket, Key=RESULTS.bam.key)
    assert tagged["TagSet"], "the BAM may expire"


def test_run_of_an_earlier_version_lacks_none_of_its_own_steps_to_end(
    world: AwsWorld, invoke: Invoke, later_version: None
) -> None:
    open_as_earlier_version(world)
    for step in ("align", "callVariants", "annotate"):
        written = write_step(world.client("s3"), RESULTS, step, f"job of {step}")
        world.ledger.complete_step(JobKey(RUN_ID, step, 1), written)

    with pytest.raises(Exception, match="alignmentStats has written nothing"):
        invoke("finish_run", {"runId": RUN_ID, "redrive": 0})


def open_as_newer_version(world: AwsWorld) -> None:
    """Open a run of a workflow, a step and a tool that this version does not know."""
    plan = replace(
        step_plan(),
        step="countCells",
        tool="cellRanger",
        outputs=(RESULTS.root / "cells/counts.tsv", RESULTS.provenance("countCells")),
        position=0,
    )
    last = replace(step_plan("align"), position=1)
    run = run_row(
        workflow="single_cell",
        sample_id="",
        subject="embryo-7",
        tools={"countCells": "cellRanger", "align": "bwa"},
        images={"countCells": "cellranger@sha256:0"},
        warnings={"input": (StepWarning("shortReads", "28 bases"),)},
        execution_arn=run_row().execution_arn.replace("secondary_analysis", "single_cell"),
    )
    ledger = world.ledger
    assert ledger.open_run(run, [StepRow(RUN_ID, last), StepRow(RUN_ID, plan)])
    key = JobKey(RUN_ID, "countCells", 1)
    ledger.arm_job(key, plan, "token")
    ledger.start_step(RUN_ID, "countCells", 1)
    ledger.record_submission(key, "job-1")
    ledger.note_tool_versions(RUN_ID, "countCells", {"cellranger": "9.0"})
    ledger.complete_step(key, written_objects(plan), (StepWarning("fewCells", "7 cells"),))
    add_costs(ledger)


def add_costs(ledger: Ledger) -> None:
    """The run's jobs have cost something."""
    ledger._table.update(
        {"pk": f"RUN#{RUN_ID}", "sk": "RUN"},
        "SET costUsd = :usd, unpricedAttempts = :none, countCellsCostUsd = :usd",
        {":usd": 2, ":none": 0},
        condition="attribute_exists(pk)",
    )


class _Gateway:
    """The API's function in place of the network."""

    def __init__(self, invoke: Invoke) -> None:
        self._invoke = invoke

    def send(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        path, _, query = url.removeprefix("https://api").partition("?")
        event = read_event("api/get_run.json")
        event |= {"rawPath": path, "rawQueryString": query, "routeKey": f"{method} {path}"}
        event["requestContext"]["http"] |= {"method": method, "path": path}
        event["headers"] |= {key.lower(): value for key, value in (headers or {}).items()}
        parts = [each.split("=", 1) for each in query.split("&") if each]
        event["queryStringParameters"] = dict(parts)
        if body is not None:
            event |= {"body": json.dumps(body)}
            event["headers"]["content-type"] = "application/json"
        answer = self._invoke("api", event)
        return Answer(answer["statusCode"], answer["body"].encode(), answer["headers"])


@pytest.fixture
def gateway(world: AwsWorld, invoke: Invoke) -> _Gateway:
    importlib.import_module("functions.api.app")  # its log goes where stdout is now
    make_state_machines(world)
    return _Gateway(invoke)


def seqstack(gateway: _Gateway, *arguments: str, stdin: str = "") -> Result:
    """Call the command line, whose requests the API's function answers."""

    def session(options: Options) -> Session:
        made = Session(options)
        made.api = ApiClient("https://api", gateway, options.command)
        return made

    return CliRunner().invoke(app, list(arguments), stdin, obj=session)


def test_run_of_a_newer_version_is_shown_by_the_api_and_the_command_line(
    world: AwsWorld, gateway: _Gateway
) -> None:
    open_as_newer_version(world)

    shown = seqstack(gateway, "status", RUN_ID)
    as_json = json.loads(seqstack(gateway, "status", RUN_ID, "--json").stdout)
    listed = seqstack(gateway, "list")
    outputs = seqstack(gateway, "outputs", RUN_ID)
    cost = seqstack(gateway, "cost", RUN_ID)

    assert shown.exit_code == ExitCode.OK, shown.output
    lines = shown.stdout.splitlines()
    assert lines[0].startswith(f"Run {RUN_ID} of single_cell embryo-7: RUNNING")
    assert [line.split()[1:4] for line in lines[2:4]] == [
        ["countCells", "cellRanger", "succeeded"],
        ["align", "bwa", "pending"],
    ]
    assert (as_json["workflow"], as_json["sampleId"]) == ("single_cell", None)
    assert as_json["subject"] == "embryo-7"
    assert as_json["costUsdByStep"] == {"countCells": 2.0}
    assert as_json["warnings"] == [
        {"step": None, "code": "shortReads", "message": "28 bases"},
        {"step": "countCells", "code": "fewCells", "message": "7 cells"},
    ]
    assert as_json["toolVersions"] == {"countCells": {"cellranger": "9.0"}}
    assert listed.stdout.split()[:3] == ["run", "workflow", "of"]
    assert listed.stdout.splitlines()[1].split()[:3] == [RUN_ID, "single_cell", "embryo-7"]
    assert "cells/counts.tsv" in outputs.stdout
    assert cost.exit_code == ExitCode.OK, cost.output
    assert "countCells" in cost.stdout


def test_run_of_a_newer_version_is_shown_by_the_workflow_execution_service(
    world: AwsWorld, gateway: _Gateway
) -> None:
    open_as_newer_version(world)
    prefix = f"https://api/ga4gh/wes/v1/runs/{RUN_ID}"

    log = json.loads(gateway.send("GET", prefix).body)
    tasks = json.loads(gateway.send("GET", f"{prefix}/tasks").body)["task_logs"]

    assert log["request"]["workflow_url"] == "single_cell"
    assert list(log["outputs"]) == ["countCells"]
    assert [task["id"] for task in tasks] == ["countCells-1"]


def test_log_of_a_step_that_the_run_has_not_is_not_found(
    world: AwsWorld, gateway: _Gateway
) -> None:
    open_as_newer_version(world)

    answer = gateway.send("GET", f"https://api/runs/{RUN_ID}/logs/annotate")

    assert answer.status == 404


def test_job_of_a_newer_version_is_followed_to_its_end(world: AwsWorld, invoke: Invoke) -> None:
    open_as_newer_version(world)
    event = read_event("track_job/failed.json")
    event["detail"]["parameters"]["step"] = "countCells"
    event["detail"] |= {"jobId": "job-1", "jobName": f"{RUN_ID}-countCells-1"}

    told = invoke("track_job", event)

    assert told == {"jobId": "job-1", "state": "FAILED"}
    assert world.ledger.step(RUN_ID, "countCells").state is StepState.SUCCEEDED


def test_name_that_an_execution_of_another_workflow_has_too_ends_no_run(
    world: AwsWorld, invoke: Invoke
) -> None:
    """Step Functions keeps the names of executions apart by state machine, the ledger does not."""
    assert world.ledger.open_run(run_row(), all_steps())
    event = read_event("notify_run_end/failed.json")
    arn = run_row().execution_arn.replace("secondary_analysis", "single_cell")
    event["detail"] |= {"executionArn": arn, "name": RUN_ID}

    for function in ("stop_jobs", "notify_run_end"):
        invoke(function, event)

    history = world.ledger.history(RUN_ID)
    assert history.run.state is RunState.RUNNING
    assert history.notifications == ()
    assert all(row.state is StepState.PENDING for row in history.steps)


def test_workflow_that_there_is_not_is_refused_by_its_name(gateway: _Gateway) -> None:
    document = json.dumps(exome_input())

    refused = seqstack(gateway, "run", "--workflow", "tally", "--input", "-", stdin=document)

    assert refused.exit_code == ExitCode.USAGE, refused.output
    assert "there are: secondary_analysis" in refused.output
