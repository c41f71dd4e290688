"""Requests that boto3 signs, to an API that accepts everything."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from tests.harness.permissions.guard import Caller, Permissions
from tests.harness.permissions.needs import Known

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/ledger"
FUNCTION_KEY, OTHER_KEY = "testing-1f", "testing"


@dataclass
class Roles:
    allowed: list[tuple[str, str]] = field(default_factory=list)

    def policies(self, role: str) -> Iterable[Mapping[str, Any] | str]:
        assert role == "track-role"
        for action, resource in self.allowed:
            statement = {"Sid": "One", "Effect": "Allow", "Action": action, "Resource": resource}
            yield json.dumps({"Statement": statement})


@dataclass
class World:
    """A function that may do what `roles` says, and an API whose objects are all gone."""

    roles: Roles = field(default_factory=Roles)
    status: int = 200
    callers: dict[str, Caller] = field(
        default_factory=lambda: {FUNCTION_KEY: Caller("track_job", "track-role")}
    )

    def __post_init__(self) -> None:
        known = Known(lambda _token: None, lambda _arn: {})
        self.permissions = Permissions(self.callers.get, self.roles.policies, known)

    def send(self, request: AWSRequest, key: str = FUNCTION_KEY, *, link: bool = False) -> Response:
        service = "dynamodb" if "X-Amz-Target" in request.headers else "s3"
        credentials = Credentials(key, "secret")
        if link:
            S3SigV4QueryAuth(credentials, service, "us-east-1", 900).add_auth(request)
        else:
            SigV4Auth(credentials, service, "us-east-1").add_auth(request)
        environ = EnvironBuilder(
            request.url, method=request.method, headers=request.headers.items(), data=request.data
        ).get_environ()
        around = self.permissions.around(Response("done", self.status))
        return Response(*run_wsgi_app(around, environ))

    @property
    def refused(self) -> list[str]:
        return [str(refusal) for refusal in self.permissions.refused]


def get_item() -> AWSRequest:
    return AWSRequest(
        "POST",
        "http://aws/",
        headers={"X-Amz-Target": "DynamoDB_20120810.GetItem"},
        data=json.dumps({"TableName": "ledger"}).encode(),
    )


def get_object() -> AWSRequest:
    return AWSRequest("GET", "http://aws/bucket/a/key")


def test_function_may_do_what_its_role_allows() -> None:
    world = World(Roles([("dynamodb:GetItem", TABLE)]))

    answer = world.send(get_item())

    assert (answer.status_code, world.refused) == (200, [])
    assert {(use.sid, use.need.action) for use in world.permissions.uses} == {
        ("One", "dynamodb:GetItem")
    }


def test_function_is_refused_in_awss_words_what_its_role_does_not_allow() -> None:
    world = World(Roles([("dynamodb:PutItem", TABLE)]))

    answer = world.send(get_item())

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (
        400,
        "AccessDeniedException",
    )
    assert f"not authorized to perform: dynamodb:GetItem on resource: {TABLE}" in answer.get_data(
        as_text=True
    )
    assert world.refused == [f"track_job may not do dynamodb:GetItem on {TABLE}"]
    assert list(world.permissions.unused("track-role")) == [
        ("One", "dynamodb:PutItem"),
        ("One", TABLE),
    ]


def test_others_than_functions_are_not_looked_at() -> None:
    world = World()

    assert world.send(get_item(), OTHER_KEY).status_code == 200
    assert world.refused == []


@pytest.mark.parametrize(("may_list", "status"), [(True, 404), (False, 403)])
def test_absent_object_is_forbidden_to_who_may_not_list(may_list: bool, status: int) -> None:
    listing = [("s3:ListBucket", "arn:aws:s3:::bucket")] if may_list else []
    world = World(Roles([("s3:GetObject", "arn:aws:s3:::bucket/*"), *listing]), status=404)

    assert world.send(get_object()).status_code == status
    assert world.refused == (
        [] if may_list else ["track_job may not do s3:ListBucket on arn:aws:s3:::bucket"]
    )


@pytest.mark.parametrize(("allowed", "status"), [("arn:aws:s3:::bucket/a/*", 200), ("none", 403)])
def test_link_is_good_for_what_its_maker_may_fetch_also_when_the_maker_is_gone(
    allowed: str, status: int
) -> None:
    world = World(Roles([("s3:GetObject", allowed), ("dynamodb:GetItem", TABLE)]))
    world.send(get_item())
    world.callers.clear()

    assert world.send(get_object(), link=True).status_code == status


def test_operation_that_is_not_in_the_table_is_refused() -> None:
    world = World(Roles([("s3:*", "*")]))

    answer = world.send(AWSRequest("GET", "http://aws/bucket/key?acl"))

    assert answer.status_code == 403
    assert world.refused == ["track_job may not do s3:GetObjectAcl, whose permissions are unknown"]


@pytest.mark.parametrize(("may_read", "status"), [(True, 200), (False, 403)])
def test_write_in_place_of_a_version_needs_to_read_it(may_read: bool, status: int) -> None:
    reading = [("s3:GetObject", "arn:aws:s3:::bucket/key")] if may_read else []
    world = World(Roles([("s3:PutObject", "arn:aws:s3:::bucket/key"), *reading]))
    put = AWSRequest("PUT", "http://aws/bucket/key", headers={"If-Match": '"1"'}, data=b"new")

    assert world.send(put).status_code == status
    assert world.refused == (
        [] if may_read else ["track_job may not do s3:GetObject on arn:aws:s3:::bucket/key"]
    )


def test_objects_that_are_deleted_together_need_it_each() -> None:
    world = World(Roles([("s3:DeleteObject", "arn:aws:s3:::bucket/a")]))
    listed = "".join(f"<Object><Key>{key}</Key></Object>" for key in ("a", "b"))
    body = f'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{listed}</Delete>'

    answer = world.send(AWSRequest("POST", "http://aws/bucket?delete", data=body.encode()))

    assert answer.status_code == 403
    assert world.refused == ["track_job may not do s3:DeleteObject on arn:aws:s3:::bucket/b"]
