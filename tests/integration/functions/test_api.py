"""Every request below events/api/ is answered in the world that it speaks of."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from seqstack.domain.job_record import JobKey
from seqstack.domain.reference.manifest import ReferenceContig
from seqstack.domain.words import RunState, Step
from tests.support.aws_world import MACHINE_ARN, PREPARE_REFERENCE_ARN, AwsWorld
from tests.support.builders import (
    EVENTS,
    EXECUTION_ARN,
    JOB_ID,
    LOG_STREAM,
    RESULTS_BUCKET,
    RUN_ID,
    all_steps,
    exome_input,
    read_event,
    run_row,
)
from tests.support.prepared import OTHER_VERSION, VERSION, prepared, put_reference
from tests.support.situation import RESULTS, Invoke, Situation
from tests.support.written_results import write_step

FILES = sorted(path.stem for path in (EVENTS / "api").glob("*.json"))
EXPECTATIONS: dict[str, Callable[["Request"], None]] = {}


class Request(Situation):
    """A request of events/api/, and the state machine that runs are started with."""

    def answer(self) -> tuple[int, Any]:
        """The status and the body, which is JSON of the type that the header says."""
        answer = self.handle()
        body = json.loads(answer["body"])
        kind = answer["headers"]["Content-Type"]
        is_wes = self.event["rawPath"].startswith("/ga4gh/")
        is_problem = answer["statusCode"] >= 400 and not is_wes
        assert kind == ("application/problem+json" if is_problem else "application/json")
        return answer["statusCode"], body

    def executions(self, machine: str = MACHINE_ARN) -> dict[str, str]:
        """The executions of a state machine: states by name."""
        listed = self.world.client("stepfunctions").list_executions(stateMachineArn=machine)
        return {each["name"]: each["status"] for each in listed["executions"]}

    def start_execution(self) -> None:
        """The run's execution is running."""
        self.world.client("stepfunctions").start_execution(
            stateMachineArn=MACHINE_ARN, name=RUN_ID, input=json.dumps(exome_input())
        )


def expect(path: str) -> Callable[[Callable[[Request], None]], Callable[[Request], None]]:
    def register(expectation: Callable[[Request], None]) -> Callable[[Request], None]:
        EXPECTATIONS[path] = expectation
        return expectation

    return register


@pytest.fixture
def machine(world: AwsWorld) -> None:
    for name in ("secondary_analysis-dev", "prepare_reference-dev"):
        world.client("stepfunctions").create_state_machine(
            name=name,
            roleArn="arn:aws:iam::123456789012:role/machine",
            definition='{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}',
        )


@pytest.mark.parametrize("name", FILES)
def test_request_is_answered_as_expected(
    name: str, world: AwsWorld, machine: None, invoke: Invoke
) -> None:
    EXPECTATIONS[name](Request(world, invoke, "api", read_event(f"api/{name}.json")))


def test_request_expected_exists() -> None:
    assert set(EXPECTATIONS) == set(FILES)


@expect("start_run")
def start_run_starts_one_run_for_its_key(request: Request) -> None:
    status, run = request.answer()
    again = request.answer()

    assert (status, run["sampleId"], run["state"]) == (201, "NA12878", "RUNNING")
    assert request.executions() == {run["runId"]: "RUNNING"}
    assert again == (201, run)
    given = json.loads(request.event["body"]) | {"submitter": "mmuster"}
    described = request.world.client("stepfunctions").describe_execution(
        executionArn=EXECUTION_ARN.replace(RUN_ID, run["runId"])
    )
    assert json.loads(described["input"]) == given


@expect("start_run_invalid")
def start_run_invalid_is_refused_naming_each_field(request: Request) -> None:
    status, problem = request.answer()

    assert (status, problem["status"], problem["type"]) == (
        422,
        422,
        "urn:seqstack:problem:invalid-input",
    )
    assert [error["field"] for error in problem["errors"]] == [
        "$.bwa.memory",
        "$.sampleId",
        "$.threads",
    ]
    assert request.executions() == {}


@expect("list_runs")
def list_runs_gives_the_sample_alone(request: Request) -> None:
    request.open_run()

    status, listed = request.answer()

    assert (status, listed["nextToken"]) == (200, None)
    assert [(run["runId"], run["sampleId"]) for run in listed["runs"]] == [(RUN_ID, "NA12878")]


@expect("get_run")
def get_run_shows_steps_and_jobs(request: Request) -> None:
    request.submit_align()

    status, run = request.answer()

    assert (status, run["runId"], run["executionArn"]) == (200, RUN_ID, EXECUTION_ARN)
    assert [step["step"] for step in run["steps"]] == [
        "align",
        "callVariants",
        "annotate",
        "alignmentStats",
        "targetMetrics",
        "aggregateQc",
    ]
    (job,) = run["steps"][0]["jobs"]
    assert (job["attempt"], job["state"], job["memoryMib"]) == (1, "SUBMITTED", 28672)
    assert "taskToken" not in json.dumps(run)


@expect("abort_run")
def abort_run_stops_the_execution_and_tells_who_did(request: Request) -> None:
    request.open_run()
    request.start_execution()

    status, run = request.answer()

    assert (status, run["state"]) == (202, RunState.ABORTED)
    assert request.executions() == {RUN_ID: "ABORTED"}
    assert request.answer()[0] == 409


@expect("resume_run")
def resume_run_starts_a_new_run_with_the_same_input(request: Request) -> None:
    request.open_run()
    request.start_execution()
    states = request.world.client("stepfunctions")

    assert request.answer()[1]["type"] == "urn:seqstack:problem:run-goes-on"
    states.stop_execution(executionArn=EXECUTION_ARN)
    status, resumed = request.answer()

    # moto never says that an execution can be redriven
    assert (status, resumed["how"], resumed["resumedFrom"]) == (202, "RESTARTED", RUN_ID)
    assert request.executions() == {RUN_ID: "ABORTED", resumed["runId"]: "RUNNING"}
    described = states.describe_execution(
        executionArn=EXECUTION_ARN.replace(RUN_ID, resumed["runId"])
    )
    assert json.loads(described["input"]) == exome_input()


@expect("list_outputs")
def list_outputs_links_to_what_finished_steps_have_made(request: Request) -> None:
    request.submit_align()
    written = write_step(request.world.client("s3"), RESULTS, Step.ALIGN, JOB_ID)
    request.world.ledger.complete_step(JobKey(RUN_ID, Step.ALIGN, 1), written)
    request.world.put_object(RESULTS.bam, Metadata={"by": "hand"})  # the same bytes once more

    status, listed = request.answer()

    assert status == 200
    assert {output["step"] for output in listed["outputs"]} == {"align"}
    assert listed["outputs"][0]["s3Uri"] == str(RESULTS.bam)
    link = urlsplit(listed["outputs"][0]["link"])
    asked = parse_qs(link.query)
    assert asked["X-Amz-Expires"] == ["600"]
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert link.path.endswith("/NA12878/bam/sorted.bam")


@expect("get_log")
def get_log_shows_the_last_lines_and_then_what_came_since(request: Request) -> None:
    request.submit_align()
    request.invoke("track_job", read_event("track_job/running.json"))
    request.world.write_log(LOG_STREAM, ["one", "two", "three"])

    status, log = request.answer()

    assert (status, log["jobId"], log["jobState"]) == (200, JOB_ID, "RUNNING")
    assert [line["message"] for line in log["lines"]] == ["two", "three"]
    assert log["nextToken"]


@expect("prepare_reference")
def prepare_reference_starts_a_run_of_that_workflow(request: Request) -> None:
    status, run = request.answer()

    assert (status, run["workflow"], run["sampleId"]) == (201, "prepare_reference", None)
    assert request.executions(PREPARE_REFERENCE_ARN) == {run["runId"]: "RUNNING"}
    assert request.executions() == {}


@expect("list_references")
def list_references_gives_versions_newest_first(request: Request) -> None:
    s3 = request.world.client("s3")
    assert request.answer() == (200, {"references": []})
    put_reference(s3, prepared(RESULTS_BUCKET, "GRCh38"))
    put_reference(s3, prepared(RESULTS_BUCKET, "GRCh38", OTHER_VERSION))
    s3.put_object(Bucket=RESULTS_BUCKET, Key="references/half/0/genome.fa", Body=b"x")

    status, listed = request.answer()

    assert status == 200
    (reference,) = listed["references"]
    assert reference["name"] == "GRCh38"
    assert [each["version"] for each in reference["versions"]] == [OTHER_VERSION, VERSION]
    assert reference["versions"][1] == {
        "version": VERSION,
        "createdAt": "2026-01-31T12:00:00.000Z",
        "contigCount": 2,
        "bases": 1_016_569,
        "aligners": ["bwa"],
        "pieces": ["fasta", "fastaIndex", "bwaIndex", "annotation"],
        "hasTargets": False,
        "problem": None,
    }


@expect("get_reference")
def get_reference_shows_the_newest_version(request: Request) -> None:
    assert request.answer()[0] == 404
    layout = put_reference(request.world.client("s3"), prepared(RESULTS_BUCKET, "GRCh38"))

    status, shown = request.answer()

    assert (status, shown["version"], shown["contigCount"]) == (200, VERSION, 2)
    assert shown["pieces"]["fasta"] == [
        {"s3Uri": str(layout.fasta), "bytes": 100, "checksum": f"sha256:{'1' * 64}"}
    ]
    assert shown["sources"]["fasta"]["s3Uri"] == "s3://source/genome.fa.gz"
    assert (shown["changed"], shown["toolVersions"]) == (
        ["the FASTA was unpacked"],
        {"bwa": "0.7.18"},
    )


@expect("get_reference_version")
def get_reference_version_counts_contigs_that_are_too_many_to_list(request: Request) -> None:
    s3 = request.world.client("s3")
    contigs = [ReferenceContig(f"c{n}", 10, "0" * 32, 1) for n in range(1001)]
    put_reference(s3, prepared(RESULTS_BUCKET, "GRCh38", contigs=tuple(contigs[:1000])))
    assert [each["name"] for each in request.answer()[1]["contigs"]][-1] == "c999"
    put_reference(s3, prepared(RESULTS_BUCKET, "GRCh38", contigs=tuple(contigs)))

    status, shown = request.answer()

    assert (status, shown["contigs"]) == (200, None)
    assert (shown["contigCount"], shown["bases"]) == (1001, 10_010)
    manifest = prepared(RESULTS_BUCKET, "GRCh38").as_json() | {"schemaVersion": 9}
    key = f"references/GRCh38/{VERSION}/manifest.json"
    s3.put_object(Bucket=RESULTS_BUCKET, Key=key, Body=json.dumps(manifest).encode())
    status, problem = request.answer()
    assert (status, problem["type"]) == (409, "urn:seqstack:problem:reference-unreadable")
    assert "prepare the reference again" in problem["detail"]


@expect("delete_reference")
def delete_reference_leaves_what_a_run_uses_and_other_versions(request: Request) -> None:
    s3 = request.world.client("s3")
    assert request.answer()[0] == 404
    put_reference(s3, prepared(RESULTS_BUCKET, "GRCh38"))
    put_reference(s3, prepared(RESULTS_BUCKET, "GRCh38", OTHER_VERSION))
    kept = put_reference(s3, prepared(RESULTS_BUCKET, "GRCh38.p14"))
    request.world.ledger.open_run(run_row(reference=f"GRCh38/{VERSION}"), all_steps())

    status, problem = request.answer()

    assert (status, problem["type"]) == (409, "urn:seqstack:problem:reference-in-use")
    assert f"run {RUN_ID} reads it" in problem["detail"]
    ended = {"state": RunState.ABORTED, "ended_at": "2026-01-31T13:00:00Z"}
    request.world.ledger.finish_run(run_row(reference=f"GRCh38/{VERSION}", **ended))
    assert request.answer() == (200, {"name": "GRCh38", "version": VERSION, "objects": 9})
    assert request.answer()[0] == 404
    left = [each["Key"] for each in s3.list_objects_v2(Bucket=RESULTS_BUCKET)["Contents"]]
    assert {"/".join(key.split("/")[:3]) for key in left} == {
        f"references/GRCh38/{OTHER_VERSION}",
        kept.root.key.rstrip("/"),
    }


@expect("openapi")
def openapi_is_the_document_in_docs(request: Request) -> None:
    document = json.loads((EVENTS.parent / "docs/openapi.json").read_text())

    assert request.answer() == (200, document)


@expect("wes_service_info")
def wes_service_info_names_the_workflow_type(request: Request) -> None:
    status, info = request.answer()

    assert status == 200
    assert info["type"] == {"group": "org.ga4gh", "artifact": "wes", "version": "1.1.0"}
    assert info["workflow_type_versions"]["SEQSTACK"] == {"workflow_type_version": ["1.0"]}


@expect("wes_list_runs")
def wes_list_runs_lists_with_tags(request: Request) -> None:
    request.open_run()

    assert request.answer() == (
        200,
        {
            "runs": [
                {
                    "run_id": RUN_ID,
                    "state": "RUNNING",
                    "start_time": "2025-06-02T09:30:00Z",
                    "tags": {},
                }
            ],
            "next_page_token": "",
        },
    )


@expect("wes_run_log")
def wes_run_log_has_the_request(request: Request) -> None:
    request.open_run()
    request.start_execution()

    status, log = request.answer()

    assert (status, log["state"]) == (200, "INITIALIZING")
    assert log["request"]["workflow_params"] == exome_input()
    assert log["task_logs_url"] == (
        f"https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/ga4gh/wes/v1/runs/{RUN_ID}/tasks"
    )


@expect("wes_run_status")
def wes_run_status_is_running_once_a_job_runs(request: Request) -> None:
    request.submit_align()
    request.invoke("track_job", read_event("track_job/running.json"))

    assert request.answer() == (200, {"run_id": RUN_ID, "state": "RUNNING"})


@expect("wes_list_tasks")
def wes_list_tasks_lists_each_try(request: Request) -> None:
    request.submit_align()

    status, listed = request.answer()

    assert status == 200
    (task,) = listed["task_logs"]
    assert (task["id"], task["name"], task["cmd"][0]) == ("align-1", "align", "bwa")


@expect("wes_get_task")
def wes_get_task_points_to_its_log(request: Request) -> None:
    request.submit_align()
    request.invoke("track_job", read_event("track_job/failed.json"))

    status, task = request.answer()

    assert (status, task["exit_code"]) == (200, 1)
    assert task["stderr"].endswith(f"/runs/{RUN_ID}/logs/align?attempt=1")
    assert task["system_logs"][0].startswith("ToolFailedError: align (bwa) failed")


@expect("wes_cancel_run")
def wes_cancel_run_may_be_repeated(request: Request) -> None:
    request.open_run()
    request.start_execution()

    assert request.answer() == (200, {"run_id": RUN_ID})
    assert request.answer() == (200, {"run_id": RUN_ID})
    assert request.executions() == {RUN_ID: "ABORTED"}


@expect("wes_run_workflow")
def wes_run_workflow_starts_a_run_with_its_tags(request: Request) -> None:
    status, answer = request.answer()

    assert (status, request.executions()) == (200, {answer["run_id"]: "RUNNING"})
    described = request.world.client("stepfunctions").describe_execution(
        executionArn=EXECUTION_ARN.replace(RUN_ID, answer["run_id"])
    )
    asked = read_event("secondary_analysis/exome.json")
    asked |= {"tags": {"lab": "north"}, "submitter": "mmuster"}
    assert json.loads(described["input"]) == asked


@expect("wes_run_workflow_unsupported")
def wes_run_workflow_unsupported_is_refused_in_the_standards_form(request: Request) -> None:
    status, error = request.answer()

    assert (status, error["status_code"]) == (400, 400)
    assert "workflow_type: must be SEQSTACK or CWL" in error["msg"]
    assert request.executions() == {}
