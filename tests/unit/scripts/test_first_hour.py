"""The first hour on a real account, with AWS played: a fact that does not hold is told."""

import re
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError
from rich.console import Console

from scripts import first_hour
from scripts.first_hour import FACTS, Hour, NotHeldError, NotHereError, keeps_jobs, service_role
from scripts.smoke_run import Limits

ROOT = Path(__file__).parents[3]
LINKED = "arn:aws:iam::1:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
OWN = "arn:aws:iam::1:role/seqstack-first-BatchServiceRole"
HOST = "arn:aws:ecs:us-east-1:1:container-instance/c/1"


class Aws:
    """A stack and its job, which a test changes as an update would."""

    def __init__(self) -> None:
        self.role, self.status = LINKED, "RUNNING"
        self.host = HOST
        self.ids = {name: f"{name}-1" for name in (*first_hour._HOSTS, *first_hour._QUEUES)}
        self.ids["HttpApi"] = "api"
        self.authorizers = [{"AuthorizerType": "JWT"}]
        self.answer = 401
        self.terminated: list[str] = []
        self.outputs = {"ApiUrl": "https://api.example", "ImageRepositoryPrefix": "h/seqstack-x"}

    def client(self, _service: str) -> "Aws":
        return self

    def close(self) -> None:
        """Nothing is open."""

    def describe_compute_environments(self, **_asked: Any) -> dict[str, Any]:
        each = {"serviceRole": self.role, "status": "VALID"}
        return {"computeEnvironments": [each, each]}

    def describe_jobs(self, **_asked: Any) -> dict[str, Any]:
        container = {"containerInstanceArn": self.host}
        return {"jobs": [{"status": self.status, "container": container, "statusReason": "why"}]}

    def terminate_job(self, **asked: Any) -> None:
        self.terminated.append(asked["jobId"])

    def get_authorizers(self, **_asked: Any) -> dict[str, Any]:
        return {"Items": self.authorizers}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    aws = Aws()
    monkeypatch.setattr(first_hour, "DeployedStack", lambda _name: aws)
    monkeypatch.setattr(first_hour, "start_idle_job", lambda _stack, _queue: "job")
    monkeypatch.setattr(first_hour, "unsigned_status", lambda _address: aws.answer)
    monkeypatch.setattr(Hour, "resources", lambda _hour: dict(aws.ids))
    return aws


def hour(deploy: Callable[..., None] | None) -> Hour:
    console = Console(file=StringIO(), width=200)
    return Hour("seqstack-first", None, Path(), console, Limits(1, 0), deploy)  # type: ignore[arg-type]


def nothing(*_parameters: str, tags: tuple[str, ...] = ()) -> None:
    """A deployment that changes nothing of the job."""


def test_every_fact_that_only_aws_can_tell_is_on_the_page_and_no_other():
    page = (ROOT / "docs/aws-facts.md").read_text()
    named = set(re.findall(r"`first hour`: `([\w-]+)`", page))

    assert named == set(FACTS)


def test_environments_with_a_role_of_their_own_do_not_hold(aws):
    assert service_role(hour(None)) == "AWSServiceRoleForBatch"

    aws.role = OWN

    with pytest.raises(NotHeldError, match="seqstack-first-BatchServiceRole"):
        service_role(hour(None))


def test_job_that_keeps_its_host_through_an_update_holds_and_is_ended(aws):
    assert "kept its host" in keeps_jobs(hour(nothing))
    assert aws.terminated == ["job"]


def replace_environment(aws: Aws) -> None:
    aws.ids["SpotComputeEnvironment"] = "SpotComputeEnvironment-2"


def move_job(aws: Aws) -> None:
    aws.host = HOST.replace("/1", "/2")


def end_job(aws: Aws) -> None:
    aws.status = "SUCCEEDED"


def fail_job(aws: Aws) -> None:
    aws.status = "FAILED"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (replace_environment, "SpotComputeEnvironment replaced"),
        (move_job, "the job is RUNNING"),
        (end_job, "waited for the job"),
        (fail_job, "the job is FAILED: why"),
    ],
)
def test_update_that_costs_the_job_its_host_does_not_hold(aws, change, told):
    with pytest.raises(NotHeldError, match=told):
        keeps_jobs(hour(lambda *_parameters, tags=(): change(aws)))
    assert aws.terminated == ["job"]


def test_tag_that_replaces_a_queue_does_not_hold(aws):
    def tagged(*_parameters: str, tags: tuple[str, ...] = ()) -> None:
        assert tags
        aws.ids["LowPriorityQueue"] = "other"

    assert "nothing" in first_hour.takes_tags(hour(nothing))
    with pytest.raises(NotHeldError, match="LowPriorityQueue replaced"):
        first_hour.takes_tags(hour(tagged))


@pytest.mark.parametrize(("authorizers", "answer"), [([], 401), ([{"AuthorizerType": "JWT"}], 200)])
def test_issuer_without_an_authorizer_or_an_open_api_does_not_hold(aws, authorizers, answer):
    assert "401" in first_hour.takes_tokens(hour(nothing))

    aws.authorizers, aws.answer = authorizers, answer

    with pytest.raises(NotHeldError):
        first_hour.takes_tokens(hour(nothing))


def test_deployment_that_rolls_back_does_not_hold_and_nothing_but_removal_follows(aws, monkeypatch):
    def rolls_back(*_parameters: str, tags: tuple[str, ...] = ()) -> None:
        raise subprocess.CalledProcessError(1, "sam")

    tried: list[str] = []
    monkeypatch.setitem(FACTS, "runs", lambda _hour: tried.append("runs") or "")
    monkeypatch.setitem(FACTS, "goes-away", lambda _hour: tried.append("goes-away") or "")
    played = hour(rolls_back)

    assert first_hour.try_all(played) is False
    assert tried == ["goes-away"]
    assert "DID NOT HOLD: the deployment failed" in played.console.file.getvalue()


def test_upload_that_s3_refuses_does_not_hold(monkeypatch):
    def refuses(_hour: Hour) -> str:
        raise S3UploadFailedError("Access Denied")

    for name in FACTS:
        monkeypatch.setitem(FACTS, name, lambda _hour: "")
    monkeypatch.setitem(FACTS, "runs", refuses)
    played = hour(nothing)

    assert first_hour.try_all(played) is False
    assert "DID NOT HOLD: Access Denied" in played.console.file.getvalue()


def test_emulators_stack_is_not_changed(aws):
    for fact in ("deploys", "keeps-jobs", "takes-tags", "takes-tokens", "goes-away"):
        with pytest.raises(NotHereError):
            FACTS[fact](hour(None))
