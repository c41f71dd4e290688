"""The HTTP API, as SAM translates it: every route requires authorization."""

import itertools
import re
from typing import Any

import pytest

from emulator.engine.http_api.definition import HttpApiDefinition, SignatureRequired, TokenRequired
from emulator.engine.template import prepare
from seqstack_api import service
from tests.unit.stack.conftest import ROOT

API = "AWS::ApiGatewayV2::Api"
STAGE = "AWS::ApiGatewayV2::Stage"
GIVEN = {"ApiTokenIssuer": "https://issuer.example", "ApiTokenAudience": ["audience"]}


@pytest.fixture(scope="module")
def translated() -> dict[str, dict[str, Any]]:
    """The resources that CloudFormation gets, by logical id."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        prepared = prepare(ROOT / "template.yaml", {}, lambda _kind: True)
    resources: dict[str, dict[str, Any]] = prepared.body["Resources"]
    return resources


def _of_type(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = [each for each in resources.values() if each["Type"] == kind]
    properties: dict[str, Any] = found["Properties"]
    return properties


def _conditions(node: Any) -> set[str]:
    """The names of all conditions that decide about anything below `node`."""
    if isinstance(node, list):
        return set().union(*map(_conditions, node))
    if not isinstance(node, dict):
        return set()
    own = {node["Fn::If"][0]} if "Fn::If" in node else set()
    return own.union(*map(_conditions, node.values()))


def _resolved(node: Any, truths: dict[str, bool]) -> Any:
    """`node` with every `Fn::If` decided, and parameters filled in."""
    if isinstance(node, list):
        return [_resolved(each, truths) for each in node]
    if not isinstance(node, dict):
        return node
    if "Fn::If" in node:
        condition, then, otherwise = node["Fn::If"]
        return _resolved(then if truths[condition] else otherwise, truths)
    if "Fn::Sub" in node:
        return re.sub(r"\$\{(\w+)\.Arn}", r"arn:aws:lambda:x:1:function:\1", node["Fn::Sub"])
    if "Ref" in node:
        return GIVEN[node["Ref"]]
    return {key: _resolved(value, truths) for key, value in node.items()}


def _definitions(resources: dict[str, dict[str, Any]]) -> list[tuple[bool, HttpApiDefinition]]:
    """Whether tokens are taken, and the API, for every way in which conditions can come out."""
    body = _of_type(resources, API)["Body"]
    names = sorted(_conditions(body))
    assert names == ["TakesTokens"]
    outcomes = [
        dict(zip(names, each, strict=True))
        for each in itertools.product([True, False], repeat=len(names))
    ]
    return [
        (truths["TakesTokens"], HttpApiDefinition.of(_resolved(body, truths)))
        for truths in outcomes
    ]


def test_every_route_asks_for_authorization_whatever_the_parameters(translated):
    for takes_tokens, definition in _definitions(translated):
        wanted = (
            TokenRequired("https://issuer.example", ("audience",))
            if takes_tokens
            else SignatureRequired()
        )
        assert definition.routes
        assert {route.authorization for route in definition.routes} == {wanted}


def test_no_route_takes_what_no_other_route_takes(translated):
    for _, definition in _definitions(translated):
        assert not [route for route in definition.routes if "$default" in route.path]
        assert not [route for route in definition.routes if "+}" in route.path]
        assert {route.method for route in definition.routes} <= {"GET", "POST", "DELETE"}


def test_browsers_of_other_sites_are_not_let_in(translated):
    properties = _of_type(translated, API)

    assert "CorsConfiguration" not in properties
    assert "x-amazon-apigateway-cors" not in properties["Body"]


def test_routes_of_the_template_are_those_of_the_function_and_its_document(translated):
    declared = {
        (route.method, route.path)
        for _, definition in _definitions(translated)
        for route in definition.routes
    }
    answered = {
        (route.method, route.openapi_path)
        for route in service.app._static_routes + service.app._dynamic_routes
    }
    documented = {
        (method.upper(), path)
        for path, operations in service.document()["paths"].items()
        for method in operations
    }

    assert declared == answered
    assert declared == documented | {("GET", "/openapi.json")}


def test_every_variable_of_a_path_is_declared(translated):
    for path, operations in _of_type(translated, API)["Body"]["paths"].items():
        variables = re.findall(r"\{(\w+)}", path)
        for operation in operations.values():
            declared = [each["name"] for each in operation.get("parameters", [])]
            assert declared == variables, path


def test_function_is_called_by_this_api_only(translated):
    permissions = [
        each["Properties"]
        for each in translated.values()
        if each["Type"] == "AWS::Lambda::Permission"
        and "ApiFunction" in str(each["Properties"]["FunctionName"])
    ]

    assert [(each["Principal"], each["SourceArn"]) for each in permissions] == [
        (
            "apigateway.amazonaws.com",
            {
                "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}"
                ":${HttpApi}/*"
            },
        )
    ]
    assert not [each for each in translated.values() if each["Type"] == "AWS::Lambda::Url"]


def test_tokens_without_an_audience_are_refused_at_deployment(template):
    rule = template["Rules"]["TokensNameAnAudience"]

    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ApiTokenIssuer"}, ""]}]}
    assert [each["Assert"] for each in rule["Assertions"]] == [
        {"Fn::Not": [{"Fn::Contains": [{"Ref": "ApiTokenAudience"}, ""]}]}
    ]


def test_stage_throttles_every_route(translated):
    stage = _of_type(translated, STAGE)

    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "ApiRequestsPerSecond"},
        "ThrottlingBurstLimit": {"Ref": "ApiBurst"},
        "DetailedMetricsEnabled": True,
    }


def test_access_log_is_json_without_ids_of_runs_or_samples(translated):
    settings = _of_type(translated, STAGE)["AccessLogSettings"]
    variables = set(re.findall(r"\$context\.([\w.]+)", settings["Format"]))

    assert settings["DestinationArn"] == {"Fn::GetAtt": ["HttpApiLogGroup", "Arn"]}
    assert '"route": "$context.routeKey"' in settings["Format"]
    assert "\n" not in settings["Format"]
    # the path and what an authorizer or integration says may name a run; a route's key can't
    assert not variables & {"path", "error.message", "error.messageString", "authorizer.error"}


def test_function_ends_before_the_gateway_gives_up(translated, resources):
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
    assert resources["ApiFunction"]["Properties"]["Timeout"] < 30
