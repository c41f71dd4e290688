"""Who a caller is, and which route could get past the confinement."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import seqstack_api
from seqstack.domain.request_errors import NoProjectsError
from seqstack_api.callers import Caller
from seqstack_api.scope import Scope

ARN = "arn:aws:sts::123456789012:assumed-role/Lab/j.doe"
SIGNED = {"iam": {"userArn": ARN, "accountId": "999999999999"}}
# the module that confines, and it alone, reaches for the ledger and the executions
CONFINING = "confinement.py"


def event(authorizer: Mapping[str, Any]) -> dict[str, Any]:
    return {"requestContext": {"accountId": "123456789012", "authorizer": authorizer}}


def bearer(**claims: str) -> dict[str, Any]:
    return event({"jwt": {"claims": {"sub": "jdoe", "iss": "https://issuer", **claims}}})


def no_tags(arn: str, account_id: str) -> Mapping[str, str]:
    raise AssertionError("nobody's tags are needed")


def test_signer_has_the_projects_of_its_tag() -> None:
    asked = []

    def tags_of(arn: str, account_id: str) -> Mapping[str, str]:
        asked.append((arn, account_id))
        return {"project": "heart brain", "other": "lung"}

    caller = Caller.of(event(SIGNED), "project", tags_of)

    assert caller == Caller(ARN, None, Scope(frozenset({"heart", "brain"})))
    assert asked == [(ARN, "123456789012")]  # the API's account, whatever the caller's is


def test_bearer_has_the_projects_of_its_claim() -> None:
    caller = Caller.of(bearer(**{"cognito:groups": "[heart]"}), "cognito:groups", no_tags)

    assert caller == Caller("jdoe", "https://issuer", Scope(frozenset({"heart"})))


def test_callers_are_not_confined_without_the_parameter() -> None:
    assert Caller.of(event(SIGNED), "", no_tags).scope == Scope()
    assert Caller.of(bearer(project="heart"), "", no_tags).scope == Scope()


@pytest.mark.parametrize("tags", [{}, {"Project": "heart"}, {"project": ""}, {"project": "a,b"}])
def test_caller_without_projects_is_refused(tags: dict[str, str]) -> None:
    with pytest.raises(NoProjectsError, match="give the tag project"):
        Caller.of(event(SIGNED), "project", lambda *_: tags)
    with pytest.raises(NoProjectsError, match="claim project"):
        Caller.of(bearer(**tags), "project", no_tags)


def test_request_without_authorization_is_an_error() -> None:
    with pytest.raises(KeyError):
        Caller.of({"requestContext": {"accountId": "1"}}, "", no_tags)


def imported(module: Path) -> set[str]:
    """What a module imports, by its full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_no_route_reaches_for_runs_but_through_its_request() -> None:
    (package,) = seqstack_api.__path__
    reaching = {
        module.name
        for module in Path(package).glob("*.py")
        if {
            name
            for name in imported(module)
            if name.startswith(
                (
                    "boto3",
                    "seqstack.adapters.aws",
                    "seqstack.adapters.ledger",
                    "seqstack.adapters.executions",
                )
            )
            or name in {"seqstack.adapters", "seqstack.adapters.executions"}
        }
    }

    assert reaching == {CONFINING}
