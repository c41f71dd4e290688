"""Tags of roles and users, as IAM has them."""

import json

import pytest
from botocore.exceptions import ClientError

from seqstack.adapters import principal_tags
from seqstack.adapters.aws import client
from seqstack.adapters.principal_tags import tags_of
from seqstack.domain.errors import TransientServiceError
from tests.support.aws_world import AwsWorld

ACCOUNT = "123456789012"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/Lab/j.doe"
TAGS = {"project": "heart", "costCentre": "7"}
AS_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]


@pytest.fixture(autouse=True)
def _made(world: AwsWorld) -> None:
    principal_tags._tags.cache_clear()
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    client("iam").create_role(
        RoleName="Lab", Path="/people/", AssumeRolePolicyDocument=policy, Tags=AS_LIST
    )
    client("iam").create_user(UserName="jdoe", Path="/people/", Tags=AS_LIST)


@pytest.mark.parametrize(
    "arn",
    [
        ROLE,
        f"arn:aws:iam::{ACCOUNT}:user/people/jdoe",
        f"arn:aws:iam::{ACCOUNT}:user/jdoe",
        ROLE.replace("arn:aws:", "arn:aws-us-gov:"),
    ],
)
def test_principal_of_the_account_has_its_tags(arn: str) -> None:
    assert tags_of(arn, ACCOUNT) == TAGS


@pytest.mark.parametrize(
    "arn",
    [
        ROLE.replace(ACCOUNT, "999999999999"),  # of another account, under the same name
        f"arn:aws:iam::{ACCOUNT}:root",
        f"arn:aws:sts::{ACCOUNT}:federated-user/jdoe",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Lab",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Other/Lab",
        f"arn:aws:iam::{ACCOUNT}:user/gone",
        f"x{ROLE}",
        "",
    ],
)
def test_anybody_else_has_none(arn: str) -> None:
    assert tags_of(arn, ACCOUNT) == {}


def test_changed_tags_are_seen_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 3000.0
    monkeypatch.setattr(principal_tags.time, "monotonic", lambda: now)
    assert tags_of(ROLE, ACCOUNT) == TAGS
    client("iam").untag_role(RoleName="Lab", TagKeys=["project"])

    now = 3299.0
    assert tags_of(ROLE, ACCOUNT) == TAGS
    now = 3300.0
    assert tags_of(ROLE, ACCOUNT) == {"costCentre": "7"}


def test_page_after_page_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def list_role_tags(**given: str) -> dict[str, object]:
        asked.append(given)
        if "Marker" in given:
            return {"Tags": AS_LIST[1:], "IsTruncated": False}
        return {"Tags": AS_LIST[:1], "IsTruncated": True, "Marker": "more"}

    monkeypatch.setattr(client("iam"), "list_role_tags", list_role_tags)

    assert tags_of(ROLE, ACCOUNT) == TAGS
    assert asked == [{"RoleName": "Lab"}, {"RoleName": "Lab", "Marker": "more"}]


@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [("Throttling", 400, TransientServiceError), ("AccessDenied", 403, ClientError)],
)
def test_tags_that_iam_does_not_return_are_not_read_as_no_tags(
    monkeypatch: pytest.MonkeyPatch, code: str, status: int, raised: type[Exception]
) -> None:
    def refuse(**_: str) -> None:
        raise ClientError(
            {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
            "ListRoleTags",
        )

    with monkeypatch.context() as patched:
        patched.setattr(client("iam"), "list_role_tags", refuse)
        with pytest.raises(raised):
            tags_of(ROLE, ACCOUNT)
    assert tags_of(ROLE, ACCOUNT) == TAGS  # and that is not kept
