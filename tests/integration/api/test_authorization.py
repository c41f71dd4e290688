"""Nobody gets through to the function without authorization, on whichever route."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from seqstack_api.service import app
from tests.harness.emulator import Emulator
from tests.harness.token_issuer import TokenIssuer
from tests.integration.emulator.raw_http import Wire
from tests.support.api_client import Answer, ApiClient
from tests.support.workflow_world import World, deployed_world

ROUTES = sorted(
    (route.method, route.openapi_path) for route in app._static_routes + app._dynamic_routes
)
ISSUER = TokenIssuer.create("https://issuer.example/pool", "seqstack")


def calls_of(emulator: Emulator) -> int:
    return emulator.lambda_.invocations("api-dev")


def refused(answer: Answer, status: int) -> bool:
    message = {401: "Unauthorized", 403: "Forbidden"}[status]
    return (answer.status, answer.json) == (status, {"message": message})


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_route_without_a_signature_is_refused_before_the_function(
    world: World, api: ApiClient, method: str, path: str
) -> None:
    before = calls_of(world.emulator)

    assert refused(api.but(access_key="").call(method, path), 403)
    assert refused(api.but(secret_key="wrong").call(method, path), 403)
    assert refused(api.but(access_key="unknown").call(method, path), 403)
    assert refused(api.but(token=ISSUER.token("someone")).call(method, path), 403)
    assert calls_of(world.emulator) == before


@pytest.mark.parametrize(
    "wrong", [{"region": "eu-west-1"}, {"service": "s3"}, {"service": "lambda"}]
)
def test_signature_for_elsewhere_is_refused(
    world: World, api: ApiClient, wrong: dict[str, Any]
) -> None:
    assert refused(api.but(**wrong).get("/runs"), 403)


def signed(api: ApiClient, method: str, path: str, body: bytes = b"") -> AWSRequest:
    request = AWSRequest(method, api.url + path, data=body)
    SigV4Auth(Credentials(api.access_key, api.secret_key), "execute-api", "us-east-1").add_auth(
        request
    )
    return request


@pytest.mark.parametrize("change", ["method", "path", "query", "body", "date"])
def test_request_that_was_changed_after_it_was_signed_is_refused(
    world: World, api: ApiClient, change: str
) -> None:
    request = signed(api, "POST", "/runs?limit=1", b"{}")
    assert api.send(request).status == 422  # as it was signed it gets through

    match change:
        case "method":
            request.method = "GET"
        case "path":
            request.url = request.url.replace("/runs", "/openapi.json")
            request.method = "GET"
        case "query":
            request.url = request.url.replace("limit=1", "limit=2")
        case "body":
            request.data = b"[]"
        case "date":
            later = datetime.now(UTC) + timedelta(seconds=1)
            request.headers.replace_header("X-Amz-Date", later.strftime("%Y%m%dT%H%M%SZ"))
    before = calls_of(world.emulator)

    assert refused(api.send(request), 403)
    assert calls_of(world.emulator) == before


def test_signature_of_ten_minutes_ago_is_refused(
    world: World, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = datetime.now(UTC) - timedelta(minutes=10)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: past)

    assert refused(api.get("/runs"), 403)


def test_user_and_role_of_the_emulated_account_may_sign(world: World, api: ApiClient) -> None:
    iam, sts = world.emulator.client("iam"), world.emulator.client("sts")
    iam.create_user(UserName="mmuster")
    user = iam.create_access_key(UserName="mmuster")["AccessKey"]
    role = sts.assume_role(
        RoleArn="arn:aws:iam::123456789012:role/Sequencing", RoleSessionName="lab"
    )["Credentials"]

    for key, secret, token in (
        (user["AccessKeyId"], user["SecretAccessKey"], None),
        (role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"]),
    ):
        caller = api.but(access_key=key, secret_key=secret, session_token=token)
        assert caller.get("/runs").status == 200
        assert caller.but(secret_key="wrong").get("/runs").status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [("OPTIONS", "/runs"), ("PUT", "/runs"), ("GET", "/"), ("GET", "/runs/a/b/c"), ("HEAD", "/")],
)
def test_what_is_no_route_never_reaches_the_function(
    world: World, api: ApiClient, method: str, path: str
) -> None:
    before = calls_of(world.emulator)

    assert api.call(method, path).status == 404
    assert calls_of(world.emulator) == before


@pytest.mark.parametrize(
    "page",
    [
        {"Origin": "https://page.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "page.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_request_of_a_web_page_is_refused_on_every_route_however_well_it_is_signed(
    world: World, api: ApiClient, method: str, path: str, page: dict[str, str]
) -> None:
    before = calls_of(world.emulator)
    wire = Wire(api.url, Credentials(api.access_key, api.secret_key))
    request = wire.signed("execute-api", method, path)
    request.headers |= page

    answer = wire.ask(request)

    assert answer.status == 403
    assert b"refused" in answer.body or wire.address.encode() in answer.body
    assert answer.opens_to_pages == []
    assert calls_of(world.emulator) == before


def test_same_request_of_no_web_page_gets_through(world: World, api: ApiClient) -> None:
    wire = Wire(api.url, Credentials(api.access_key, api.secret_key))

    assert wire.ask(wire.signed("execute-api", "GET", "/openapi.json")).status == 200


@pytest.fixture(scope="module")
def tokens(deployed: World) -> Iterator[Emulator]:
    deployed.emulator.close()  # one emulator at a time
    with deployed_world(ISSUER.parameters, token_keys=ISSUER.keys) as world:
        yield world.emulator


WRONG_TOKENS = {
    "none": "",
    "noise": "a.b.c",
    "of another issuer": ISSUER.token("someone", iss="https://issuer.example"),
    "for another audience": ISSUER.token("someone", aud="other"),
    "without an audience": ISSUER.token("someone", aud=None),
    "expired": ISSUER.token("someone", exp=int(time.time()) - 1),
    "without an end": ISSUER.token("someone", exp=None),
    "not valid yet": ISSUER.token("someone", nbf=int(time.time()) + 3600),
    "signed by another": TokenIssuer.create(ISSUER.name, ISSUER.audience).token("someone"),
    "not signed": ISSUER.token("someone").rpartition(".")[0] + ".",
}


@pytest.mark.parametrize("kind", WRONG_TOKENS)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_route_with_a_wrong_token_is_refused_before_the_function(
    tokens: Emulator, method: str, path: str, kind: str
) -> None:
    client = ApiClient(tokens.outputs["ApiUrl"], access_key="", token=WRONG_TOKENS[kind])
    before = calls_of(tokens)

    assert refused(client.call(method, path), 401)
    assert calls_of(tokens) == before


def test_signature_is_no_token(tokens: Emulator) -> None:
    assert refused(ApiClient.of(tokens).get("/runs"), 401)


@pytest.mark.parametrize(
    "claims", [{}, {"aud": ["other", "seqstack"]}, {"aud": None, "client_id": "seqstack"}]
)
def test_right_token_gets_through(tokens: Emulator, claims: dict[str, Any]) -> None:
    client = ApiClient(tokens.outputs["ApiUrl"], token=ISSUER.token("someone", **claims))

    assert client.get("/runs").json == {"runs": [], "nextToken": None}
