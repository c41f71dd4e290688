"""Who a caller is, and which route could get past the confinement."""

import ast
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import seqstack_api
from seqstack.domain.request_errors import NoProjectsError
from seqstack.domain.run_names import submitter_of
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


@pytest.mark.parametrize(
    "session",
    [
        "botocore-session-1743902759",
        "aws-go-sdk-1743902759123456789",
        "1743902759123456789",
        "aws-sdk-js-1632246085998",
        "aws-sdk-js-session-1632246085998",
        "aws-sdk-java-1632246085998",
        "aws-sdk-kotlin-1632246085998",
        "aws-sdk-php-1632246085998",
        "aws-dotnet-sdk-session-636238288466144357",
        "assume-role-from-profile-1632246085998",
        "web-identity-token-1632246085998",
        base64.b64encode(b"13a0c028-bf7c-4ae2-ad03-ec09a40006df").decode(),
        "13A0C028-BF7C-4AE2-AD03-EC09A40006DF",
        "eks-lab-submitter-7d9f-13a0c028-bf7c-4ae2-ad03-ec09a40006df",
        "6b777c1809a94925ab48098fa09824de",
    ],
)
@pytest.mark.parametrize("confined_by", ["", "project"])
def test_signer_in_a_session_that_nobody_has_named_is_its_role(
    session: str, confined_by: str
) -> None:
    asked = []

    def tags_of(arn: str, _account_id: str) -> Mapping[str, str]:
        asked.append(arn)
        return {"project": "heart"}

    arn = f"arn:aws-cn:sts::123456789012:assumed-role/Lab/{session}"
    caller = Caller.of(event({"iam": {"userArn": arn}}), confined_by, tags_of)

    assert caller.name == "arn:aws-cn:sts::123456789012:assumed-role/Lab"
    assert submitter_of(caller.name) == "Lab"
    assert asked == [arn] * bool(confined_by)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sts::123456789012:assumed-role/Lab/i-0abc1234def567890",
        "arn:aws:sts::123456789012:assumed-role/Lab/12345678",
        "arn:aws:sts::123456789012:assumed-role/Lab/botocore-session-jdoe",
        "arn:aws:sts::123456789012:assumed-role/Lab/jdoe-1743902759",
        "arn:aws:iam::123456789012:user/botocore-session-1743902759",
        "arn:aws:iam::123456789012:root",
    ],
)
def test_signer_with_a_name_of_its_own_keeps_it(arn: str) -> None:
    assert Caller.of(event({"iam": {"userArn": arn}}), "", no_tags).name == arn


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
