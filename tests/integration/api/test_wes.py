"""The Workflow Execution Service: every answer has the standard's shape, and runs do run."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from seqstack_api.wes_service import cwl_document
from tests.harness.scripted import Act
from tests.integration.api.wes_shapes import assert_shape
from tests.support.api_client import Answer, ApiClient
from tests.support.workflow_world import World

WES = "/ga4gh/wes/v1"
OURS = {
    "workflow_type": "SEQSTACK",
    "workflow_type_version": "1.0",
    "workflow_url": "secondary_analysis",
}


def submit(
    api: ApiClient, params: Any, files: dict[str, bytes] | None = None, **form: str
) -> Answer:
    """Send the form as multipart/form-data, as `requests` and with it most clients make it."""
    texts = {"workflow_params": json.dumps(params), **form}
    parts: list[tuple[str, Any]] = [(name, (None, text)) for name, text in texts.items()]
    parts += [("workflow_attachment", attached) for attached in (files or {}).items()]
    made = requests.Request("POST", api.url, files=parts).prepare()
    assert isinstance(made.body, bytes)
    headers = {"Content-Type": made.headers["Content-Type"]}
    return api.call("POST", f"{WES}/runs", made.body, headers)


def state_of(api: ApiClient, run_id: str) -> str:
    answer = api.get(f"{WES}/runs/{run_id}/status")
    assert_shape("RunStatus", answer.json)
    return str(answer.json["state"])


def test_run_goes_through_the_states_of_the_standard(world: World, api: ApiClient) -> None:
    world.play({"-align-1": [Act.succeed(after_seconds=1)]})
    params = world.sample()

    submitted = submit(api, params, tags=json.dumps({"lab": "north"}), **OURS)
    run_id = submitted.json["run_id"]
    early = state_of(api, run_id)
    world.eventually("COMPLETE", lambda: state_of(api, run_id))

    log = api.get(f"{WES}/runs/{run_id}").json
    tasks = api.get(log["task_logs_url"].removeprefix(api.url)).json
    listed = api.get(f"{WES}/runs?page_size=1000").json
    assert submitted.status == 200
    assert_shape("RunId", submitted.json)
    assert early in {"QUEUED", "INITIALIZING", "RUNNING"}
    assert_shape("RunLog", log)
    asked = params | {"submitter": "local"}
    assert log["request"] == {**OURS, "workflow_params": asked, "tags": {"lab": "north"}}
    made = {output["location"]: output["state"] for output in log["outputs"]["align"]}
    assert [made[uri] for uri in made if uri.endswith("/bam/sorted.bam")] == ["current"]
    assert_shape("TaskListResponse", tasks)
    assert [task["id"] for task in tasks["task_logs"]] == [
        f"{name}-1" for name in SECONDARY_ANALYSIS.step_names
    ]
    assert_shape("TaskLog", api.get(f"{WES}/runs/{run_id}/tasks/align-1").json)
    assert api.get(tasks["task_logs"][0]["stderr"].removeprefix(api.url)).status == 200
    assert_shape("RunListResponse", listed)
    (summary,) = [run for run in listed["runs"] if run["run_id"] == run_id]
    assert (summary["state"], summary["tags"]) == ("COMPLETE", {"lab": "north"})


def test_service_info_has_everything_that_the_standard_requires(api: ApiClient) -> None:
    info = api.get(f"{WES}/service-info").json

    assert_shape("ServiceInfo", info)
    assert info["supported_wes_versions"] == ["1.1.0"]


def test_cancel_stops_the_run(world: World, api: ApiClient) -> None:
    world.play({"-align-1": [Act.hang()]})
    run_id = submit(api, world.sample(), **OURS).json["run_id"]
    world.eventually("RUNNING", lambda: state_of(api, run_id))

    cancelled = api.call("POST", f"{WES}/runs/{run_id}/cancel")
    world.eventually("CANCELED", lambda: state_of(api, run_id))

    assert (cancelled.status, cancelled.json) == (200, {"run_id": run_id})
    world.eventually([], world.running_jobs)


def test_tool_that_fails_is_an_error_of_the_executor(world: World, api: ApiClient) -> None:
    world.play({"-align-1": [Act.fail(1)]})
    run_id = submit(api, world.sample(), **OURS).json["run_id"]
    world.eventually("EXECUTOR_ERROR", lambda: state_of(api, run_id))

    log = api.get(f"{WES}/runs/{run_id}").json
    again = api.call("POST", f"{WES}/runs/{run_id}/cancel")

    assert log["run_log"]["system_logs"][0].startswith("ToolFailedError: align (bwa) failed")
    assert again.status == 409
    assert_shape("ErrorResponse", again.json)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"workflow_type": "WDL"}, "workflow_type"),
        ({"workflow_type_version": "2.0"}, "workflow_type_version"),
        ({"workflow_url": "https://example.com/main.wdl"}, "workflow_url"),
        ({"workflow_engine": "cromwell"}, "workflow_engine"),
        ({"workflow_engine_parameters": '{"a": "b"}'}, "workflow_engine_parameters"),
        ({"tags": '{"lab": 5}'}, "$.tags.lab"),
    ],
)
def test_what_can_not_be_run_is_refused_by_name(
    world: World, api: ApiClient, change: dict[str, str], named: str
) -> None:
    answer = submit(api, world.sample(), **OURS | change)

    assert_shape("ErrorResponse", answer.json)
    assert (answer.status, answer.json["status_code"]) == (400, 400)
    assert f"{named}: " in answer.json["msg"]


def test_input_that_can_not_be_used_is_refused_naming_each_field(api: ApiClient) -> None:
    answer = submit(api, {"sampleId": "a b"}, **OURS)

    assert answer.status == 400
    for path in ("$.sampleId", "$.fastq1S3Path", "$.referenceS3Path"):
        assert f"{path}: " in answer.json["msg"]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken", 400),
        ("multipart/form-data; boundary=x", b"\xff\xfe", 400),
        ("application/x-www-form-urlencoded", b"workflow_params=%7B", 400),
        ("text/plain", b"x", 415),
    ],
)
def test_body_that_is_no_form_is_refused(
    api: ApiClient, content_type: str, body: bytes, status: int
) -> None:
    answer = api.call("POST", f"{WES}/runs", body, {"Content-Type": content_type})

    assert answer.status == status
    assert_shape("ErrorResponse", answer.json)


def test_form_that_is_escaped_for_addresses_is_read_as_it_was_meant(
    world: World, api: ApiClient
) -> None:
    params = {**world.sample(), "tags": {"project": "a+b & 100%"}}
    body = urlencode({**OURS, "workflow_params": json.dumps(params)}).encode()

    started = api.call(
        "POST", f"{WES}/runs", body, {"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert started.status == 200
    log = api.get(f"{WES}/runs/{started.json['run_id']}").json
    assert log["request"]["tags"] == params["tags"]


def test_cwl_document_of_the_service_runs_and_no_other_does(world: World, api: ApiClient) -> None:
    cwl = {
        "workflow_type": "CWL",
        "workflow_type_version": "v1.2",
        "workflow_url": "secondary_analysis.cwl",
    }
    ours = cwl_document()

    right = submit(api, world.sample(), {"secondary_analysis.cwl": ours}, **cwl)
    other = submit(api, world.sample(), {"secondary_analysis.cwl": ours + b"\nhints: []"}, **cwl)
    none = submit(api, world.sample(), **cwl)

    assert right.status == 200
    assert (other.status, none.status) == (400, 400)


def test_unknown_run_and_task_are_not_found(world: World, api: ApiClient) -> None:
    run_id = submit(api, world.sample(), **OURS).json["run_id"]
    for path in ("/runs/none", "/runs/none/status", "/runs/none/tasks", f"/runs/{run_id}/tasks/x"):
        answer = api.get(f"{WES}{path}")
        assert (answer.status, answer.json["status_code"]) == (404, 404), path
        assert_shape("ErrorResponse", answer.json)
