"""Attacks by characters that are no text, on everything that the API takes."""

import copy
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.workflows.registry import WORKFLOWS
from seqstack_api import service

EVENTS = Path(__file__).parents[3] / "events/api"
BAD = ("\x1b", "\x00", "\x9b", "\u202e", "\u200b", "\u3164")


def event(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return loaded


def answered(request: dict[str, Any]) -> tuple[int, dict[str, str], Any, str]:
    answer = service.answer(request, LambdaContext())
    return answer["statusCode"], answer["headers"], json.loads(answer["body"]), answer["body"]


def with_path(bad: str) -> dict[str, Any]:
    request = event("get_run")
    run_id = request["pathParameters"]["runId"]
    request["pathParameters"] = {"runId": run_id + bad}
    return request


def with_query(bad: str) -> dict[str, Any]:
    request = event("list_runs")
    request["queryStringParameters"] = {"sample": f"NA1{bad}"}
    request["rawQueryString"] = f"sample=NA1{quote(bad)}"
    return request


def with_name(bad: str) -> dict[str, Any]:
    request = event("list_runs")
    request["queryStringParameters"] = {f"sam{bad}ple": "x"}
    return request


def with_key(bad: str) -> dict[str, Any]:
    request = event("start_run")
    request["headers"]["idempotency-key"] = f"key{bad}"
    return request


def with_type(bad: str) -> dict[str, Any]:
    request = event("start_run")
    request["headers"]["content-type"] = f"text/{bad}"
    return request


def with_body(bad: str) -> dict[str, Any]:
    request = event("start_run")
    document = json.loads(request["body"])
    request["body"] = json.dumps({**document, "fastq1S3Path": f"s3://bucket/a{bad}.fastq.gz"})
    return request


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.setenv("JOB_LOG_GROUP", "jobs")
    monkeypatch.setenv("RESULTS_BUCKET", "results")
    monkeypatch.setenv("CONFINE_CALLERS_BY", "")
    monkeypatch.setenv("LEDGER_TABLE", "ledger")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for workflow in WORKFLOWS:
        monkeypatch.setenv(f"{workflow.upper()}_ARN", "arn:aws:states:us-east-1:1:stateMachine:x")
    monkeypatch.setenv("COHORT_ARN", "arn:aws:states:us-east-1:1:stateMachine:cohort")


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    ("attack", "field"),
    [
        (with_path, "runId"),
        (with_query, "sample"),
        (with_name, "sam�ple"),
        (with_key, "Idempotency-Key"),
        (with_type, "Content-Type"),
        (with_body, "$.fastq1S3Path"),
    ],
    ids=["path", "query", "query name", "idempotency key", "content type", "body"],
)
def test_request_with_a_character_that_is_no_text_is_refused_by_field_and_code_point(
    attack: Any, field: str, bad: str
) -> None:
    status, headers, problem, body = answered(attack(bad))

    assert status == 422
    (error,) = (each for each in problem["errors"] if "holds U+" in each["detail"])
    assert error["field"] == field
    assert f"holds U+{ord(bad):04X} (" in error["detail"]
    assert bad not in json.dumps(problem, ensure_ascii=False)
    assert body.isascii()
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("bad", BAD)
def test_request_to_the_workflow_service_with_such_a_character_is_refused_in_its_form(
    bad: str,
) -> None:
    request = event("wes_run_status")
    request["pathParameters"] = {"run_id": f"x{bad}"}

    status, headers, problem, _ = answered(request)

    assert status == 400
    assert f"run_id: holds U+{ord(bad):04X} (" in problem["msg"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_path_that_is_no_text_is_no_route_and_is_not_repeated() -> None:
    request = event("get_run")
    request["rawPath"] = "/runs/a\x1b[2J"

    status, headers, problem, _ = answered(request)

    assert (status, problem["detail"]) == (404, "the API has no such path and method")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_answer_to_a_sound_request_is_not_to_be_sniffed_either() -> None:
    status, headers, _, _ = answered(copy.deepcopy(event("openapi")))

    assert status == 200
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "status", "field", "known"),
    [
        ("list_runs", 422, "sampleId", "there are state, sample, cohort, project, limit"),
        ("start_run", 422, "sampleId", "there are workflow"),
        ("get_run", 422, "sampleId", "there is none"),
        ("wes_list_runs", 400, "sampleId", "there are page_size, page_token"),
    ],
)
def test_query_parameter_that_an_operation_does_not_have_is_refused_with_those_it_has(
    name: str, status: int, field: str, known: str
) -> None:
    request = event(name)
    request["queryStringParameters"] = {field: "NA12878"}
    request["rawQueryString"] = f"{field}=NA12878"

    answer, _, _, body = answered(request)

    assert answer == status
    assert field in body
    assert f"is not a query parameter of this operation; {known}" in body


def test_signature_in_the_query_is_no_parameter() -> None:
    request = event("openapi")
    request["queryStringParameters"] = {"X-Amz-Signature": "0"}

    assert answered(request)[0] == 200
