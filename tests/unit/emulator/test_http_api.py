"""The emulated gateway's parts: routes and authorization, events, answers."""

import base64
import json
from typing import Any

import pytest

from emulator.engine.http_api.definition import (
    DefinitionError,
    HttpApiDefinition,
    Route,
    SignatureRequired,
    TokenRequired,
)
from emulator.engine.http_api.event import answer_of, event_of
from emulator.engine.http_api.request import HttpRequest

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:{}"
SIGNED = {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}
JWT = {
    "type": "oauth2",
    "x-amazon-apigateway-authorizer": {
        "type": "jwt",
        "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["a"]},
    },
}


def operation(name: str, **more: Any) -> dict[str, Any]:
    integration = {"uri": URI.format(FUNCTION.format(name)), "payloadFormatVersion": "2.0"}
    return {"x-amazon-apigateway-integration": integration, **more}


def definition(**paths: Any) -> HttpApiDefinition:
    schemes = {"signed": SIGNED, "token": JWT, "other": {"type": "http"}}
    named = {f"/{path.replace('__', '/')}": value for path, value in paths.items()}
    return HttpApiDefinition.of({"components": {"securitySchemes": schemes}, "paths": named})


def test_definition_reads_authorization_of_each_route() -> None:
    api = definition(
        signed={"get": operation("f", security=[{"signed": []}])},
        token={"get": operation("f", security=[{"token": ["read"]}])},
        open={"get": operation("f")},
    )

    assert {route.path: route.authorization for route in api.routes} == {
        "/signed": SignatureRequired(),
        "/token": TokenRequired("https://issuer.example", ("a",), ("read",)),
        "/open": None,
    }


def test_definition_of_an_authorizer_that_is_not_emulated_is_refused() -> None:
    with pytest.raises(DefinitionError):
        definition(x={"get": operation("f", security=[{"other": []}])})


@pytest.mark.parametrize(
    ("method", "path", "function", "values"),
    [
        ("GET", "/runs", "list", {}),
        ("GET", "/runs/a", "show", {"id": "a"}),
        ("GET", "/runs/latest", "latest", {}),
        ("DELETE", "/runs/a", "any", {"id": "a"}),
        ("GET", "/runs/a/b/c", "rest", {"proxy": "a/b/c"}),
    ],
)
def test_route_that_is_most_specific_takes_the_request(
    method: str, path: str, function: str, values: dict[str, str]
) -> None:
    paths = {
        "/runs/{proxy+}": {"get": operation("rest")},
        "/runs/{id}": {
            "x-amazon-apigateway-any-method": operation("any"),
            "get": operation("show"),
        },
        "/runs/latest": {"get": operation("latest")},
        "/runs": {"get": operation("list")},
    }
    found = HttpApiDefinition.of({"paths": paths}).find(method, path)

    assert found
    assert (found[0].function, found[1]) == (function, values)


def test_request_that_no_route_takes_is_found_nowhere() -> None:
    api = definition(runs={"get": operation("f")})

    assert api.find("POST", "/runs") is None
    assert api.find("GET", "/runs/") is None


def event(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "method": "POST",
        "raw_path": "/runs",
        "raw_query": "",
        "headers": {"host": "127.0.0.1:4567", "content-type": "application/json"},
        "body": b"",
        **changes,
    }
    route = Route("POST", "/runs", "f", None)
    return event_of(HttpRequest(**given), route, {}, None, "id", "api")


def test_event_joins_repeated_parameters_and_decodes_them() -> None:
    made = event(raw_query="a=1&a=2&b=x%20y&c=")

    assert made["queryStringParameters"] == {"a": "1,2", "b": "x y", "c": ""}
    assert made["rawQueryString"] == "a=1&a=2&b=x%20y&c="
    assert made["requestContext"]["routeKey"] == "POST /runs"


def test_event_has_texts_as_they_are_and_all_else_in_base64() -> None:
    form = {"host": "h", "content-type": "multipart/form-data; boundary=x"}

    assert (event(body=b"{}")["body"], event(body=b"{}")["isBase64Encoded"]) == ("{}", False)
    sent = event(body=b"\xff", headers=form)
    assert (sent["isBase64Encoded"], base64.b64decode(sent["body"])) == (True, b"\xff")
    assert "body" not in event()


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ({"a": 1}, (200, {"content-type": "application/json"}, [], b'{"a": 1}')),
        ({"statusCode": 204}, (204, {}, [], b"")),
        (
            {"statusCode": 200, "body": "eA==", "isBase64Encoded": True, "headers": {"X": "1"}},
            (200, {"x": "1"}, [], b"x"),
        ),
        ({"statusCode": "no"}, None),
    ],
)
def test_answer_is_what_the_functions_result_stands_for(result: Any, answer: Any) -> None:
    assert answer_of(json.dumps(result).encode()) == answer
