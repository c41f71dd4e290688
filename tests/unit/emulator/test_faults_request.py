"""The sender and operation of requests that boto3 signs and sends."""

import io
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from tests.harness.faults.request import operation, signature

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=testing-1f/20261122/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=00"
)


def model(service: str) -> ServiceModel:
    return botocore.session.Session().get_service_model(service)


def environ(
    method: str, path: str, body: bytes = b"", query: str = "", **headers: str
) -> dict[str, Any]:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return EnvironBuilder(
        method=method,
        path=path,
        query_string=query,
        headers=Headers(named),
        input_stream=io.BytesIO(body),
        content_length=len(body),
    ).get_environ()


def test_signature_of_a_signed_request_has_its_access_key_and_service() -> None:
    assert signature(environ("POST", "/", Authorization=AUTHORIZATION)) == (
        "testing-1f",
        "dynamodb",
    )


def test_signature_of_an_unsigned_request_is_empty() -> None:
    assert signature(environ("GET", "/bucket/key")) == ("", "")


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "expected"),
    [
        ("batch", "POST", "/v1/submitjob", "", "SubmitJob"),
        ("lambda", "POST", "/2015-03-31/functions/f/invocations", "", "Invoke"),
        ("s3", "PUT", "/bucket/a/key", "", "PutObject"),
        ("s3", "PUT", "/bucket/key", "partNumber=1&uploadId=2", "UploadPart"),
        ("s3", "GET", "/bucket", "list-type=2&prefix=a", "ListObjectsV2"),
        ("s3", "HEAD", "/bucket/key", "", "HeadObject"),
        ("batch", "POST", "/no/such/path", "", None),
    ],
)
def test_operation_of_a_rest_service_is_found_by_method_and_path(
    service: str, method: str, path: str, query: str, expected: str | None
) -> None:
    assert operation(environ(method, path, query=query), model(service)) == expected


def test_operation_of_a_json_service_is_its_target() -> None:
    request = environ("POST", "/", b"{}", X_Amz_Target="AWSStepFunctions.SendTaskSuccess")
    assert operation(request, model("stepfunctions")) == "SendTaskSuccess"


def test_operation_of_a_query_service_is_its_action_and_leaves_the_body() -> None:
    body = b"Action=CreateStack&Version=2010-05-15"
    request = environ("POST", "/", body)
    assert operation(request, model("cloudformation")) == "CreateStack"
    assert request["wsgi.input"].read() == body
