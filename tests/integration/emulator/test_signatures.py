"""Nothing is done for whoever has no keys of this start; what the owner signs goes through."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import boto3
import pytest
import requests
from botocore.credentials import Credentials

from tests.harness.emulator import Emulator
from tests.integration.emulator.raw_http import Headers, Raw, Sent, Wire
from tests.support.small_stack import TEMPLATE, SmallStack

JSON: Headers = {
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "Content-Type": "application/x-amz-json-1.0",
}
FORM: Headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
LIST_STACKS = b"Action=ListStacks&Version=2010-05-15"
# service, method, target, body, headers; then the codes for no, an unknown and a wrong signature
PROTOCOLS = [
    pytest.param(
        ("dynamodb", "POST", "/", b"{}", JSON),
        (400, "MissingAuthenticationTokenException"),
        (400, "UnrecognizedClientException"),
        (400, "InvalidSignatureException"),
        id="json",
    ),
    pytest.param(
        ("cloudformation", "POST", "/", LIST_STACKS, FORM),
        (403, "MissingAuthenticationToken"),
        (403, "InvalidClientTokenId"),
        (403, "SignatureDoesNotMatch"),
        id="query",
    ),
    pytest.param(
        ("s3", "GET", "/", b"", {}),
        (403, "AccessDenied"),
        (403, "InvalidAccessKeyId"),
        (403, "SignatureDoesNotMatch"),
        id="s3",
    ),
    pytest.param(
        ("batch", "POST", "/v1/describejobqueues", b"{}", {}),
        (403, "AccessDenied"),  # who says nothing of a service is taken to mean S3, as on moto
        (403, "UnrecognizedClientException"),
        (403, "InvalidSignatureException"),
        id="rest-json",
    ),
]
type Request = tuple[str, str, str, bytes, Headers]
type Expected = tuple[int, str]


@pytest.fixture
def aws(stack: SmallStack) -> Wire:
    return Wire.to_aws(stack.emulator)


def said(answer: Raw) -> Expected:
    return answer.status, answer.code


@pytest.mark.parametrize(("request_", "missing", "unknown", "wrong"), PROTOCOLS)
def test_request_without_the_keys_gets_the_services_own_error(
    aws: Wire, request_: Request, missing: Expected, unknown: Expected, wrong: Expected
) -> None:
    right = aws.signed(*request_)
    assert aws.ask(right).status == 200

    unsigned = Sent(right.method, right.target, dict(right.headers), right.body)
    del unsigned.headers["Authorization"]
    assert said(aws.ask(unsigned)) == missing

    def by(access_key: str, secret_key: str) -> Expected:
        return said(aws.ask(aws.signed(*request_, keys=Credentials(access_key, secret_key))))

    own = aws.keys
    assert by("testing", "testing") == unknown
    assert by(own.access_key[:-1], own.secret_key) == unknown
    assert by(f"{own.access_key}x", own.secret_key) == unknown
    assert by(own.access_key, "testing") == wrong
    assert by(f"{own.access_key}-job-1", "testing") == wrong


def test_each_start_has_keys_of_its_own(stack: SmallStack) -> None:
    first, second = Emulator(TEMPLATE).keys, Emulator(TEMPLATE).keys
    assert first.access_key != second.access_key
    assert first.secret_key != second.secret_key
    assert first.secret_key not in repr(first)


@pytest.mark.parametrize(
    "target",
    [
        "/moto-api/reset",
        "/moto-api/data.json",
        "/latest/meta-data/iam/security-credentials/default-role",
        "/us-east-1_pool/.well-known/jwks.json",
        "/dynamodb_us-east-1/x",
        "/?Action=AssumeRoleWithSAML",
    ],
)
def test_what_moto_answers_without_a_signature_is_refused(aws: Wire, target: str) -> None:
    for method in ("GET", "POST"):
        assert aws.ask(aws.unsigned(method, target)).status in {403}


def test_request_that_was_changed_is_refused(aws: Wire) -> None:
    def changed(**parts: str | bytes) -> int:
        request = aws.signed("dynamodb", body=b'{"Limit": 1}', headers=JSON)
        for name, value in parts.items():
            setattr(request, name, value)
        return aws.ask(request).status

    assert changed() == 200
    assert changed(body=b'{"Limit": 2}') == 400
    assert changed(target="/?x=1") == 400
    assert changed(method="PUT") == 400


def test_header_that_was_not_signed_is_refused(aws: Wire) -> None:
    request = aws.signed("s3", "PUT", "/a-bucket/k")
    request.headers["x-amz-copy-source"] = "/other/secret"
    assert said(aws.ask(request)) == (403, "SignatureDoesNotMatch")


def test_old_request_can_not_be_sent_again(aws: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=16)
    with monkeypatch.context() as earlier:
        earlier.setattr("botocore.auth.get_current_datetime", lambda *_, **__: long_ago)
        request = aws.list_tables()
    assert said(aws.ask(request)) == (400, "InvalidSignatureException")


@contextmanager
def an_object(stack: SmallStack, key: str) -> Iterator[None]:
    s3 = stack.emulator.client("s3")
    s3.create_bucket(Bucket="of-links")
    s3.put_object(Bucket="of-links", Key=key, Body=b"content")
    yield
    s3.delete_object(Bucket="of-links", Key=key)


@pytest.mark.parametrize("key", ["k", "a b/ä+(1)&x=%.bam", "a//b", "~'!*"])
def test_link_gives_its_object_and_nothing_else(stack: SmallStack, aws: Wire, key: str) -> None:
    with an_object(stack, key):
        link = aws.url + aws.signed("s3", "GET", f"/of-links/{quote(key)}", link_seconds=60).target

        assert requests.get(link, timeout=1200).content == b"content"
        assert requests.put(link, data=b"x", timeout=1200).status_code == 403
        assert requests.delete(link, timeout=1200).status_code == 403
        assert requests.get(link.replace("of-links", "of-other"), timeout=1200).status_code == 403
        more = requests.get(link, headers={"x-amz-copy-source": "/a/b"}, timeout=1200)
        assert more.status_code == 403
        other = requests.get(link.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"), timeout=1200)
        assert other.status_code == 403


def test_link_that_has_expired_is_refused(stack: SmallStack, aws: Wire) -> None:
    with an_object(stack, "k"):
        expired = aws.ask(aws.signed("s3", "GET", "/of-links/k", link_seconds=0))
        assert said(expired) == (403, "AccessDenied")
        assert b"expired" in expired.body


def test_link_to_another_service_than_s3_is_refused(aws: Wire) -> None:
    request = aws.signed("dynamodb", "GET", "/", link_seconds=60)
    assert aws.ask(request).status == 403


def test_link_does_not_reach_another_service(stack: SmallStack, aws: Wire) -> None:
    request = aws.signed("s3", "POST", "/", link_seconds=60)
    request.headers |= {**FORM, "Content-Length": str(len(LIST_STACKS))}
    request.body = LIST_STACKS
    assert b"ListStacksResponse" not in aws.ask(request).body


def test_user_of_iam_signs_until_the_key_is_switched_off(stack: SmallStack, aws: Wire) -> None:
    iam = stack.emulator.client("iam")
    iam.create_user(UserName="somebody")
    made = iam.create_access_key(UserName="somebody")["AccessKey"]
    keys = Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    assert aws.ask(aws.signed("dynamodb", body=b"{}", headers=JSON, keys=keys)).status == 200

    iam.update_access_key(UserName="somebody", AccessKeyId=keys.access_key, Status="Inactive")
    answer = aws.ask(aws.signed("dynamodb", body=b"{}", headers=JSON, keys=keys))
    assert said(answer) == (400, "UnrecognizedClientException")


def test_assumed_role_signs(stack: SmallStack) -> None:
    iam, sts = stack.emulator.client("iam"), stack.emulator.client("sts")
    role = iam.create_role(RoleName="assumed", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    given = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    client = boto3.client(
        "dynamodb",
        endpoint_url=stack.emulator.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    assert client.list_tables()["TableNames"]


def test_name_with_signs_is_found(stack: SmallStack) -> None:
    emulator = stack.emulator
    arn = emulator.client("lambda").get_function(FunctionName="echo-test")["Configuration"]
    answer = emulator.client("lambda").invoke(FunctionName=arn["FunctionArn"], Payload=b"{}")
    assert json.loads(answer["Payload"].read())["greeting"] == "hello"
