"""`seqstack doctor`, on the emulator and on what looks like AWS: the emulator by its address."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.servicequotas.models import ServiceQuotasBackend

from cli.errors import ExitCode
from emulator.pushed_images import push_images
from seqstack.tools.registry import Tool
from tests.integration.cli.conftest import SeqStack
from tests.support.workflow_world import World

# by quota code: what the account may have at once
PLENTY = {"L-34B43A08": 256.0, "L-1216C47A": 64.0, "L-B99A9384": 1000.0}
TOOLS = sorted(tool.definition.folder for tool in Tool)


@pytest.fixture
def quotas(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """moto 5.2.5 knows the quotas of VPC only."""
    values = dict(PLENTY)
    monkeypatch.setattr(
        ServiceQuotasBackend,
        "get_service_quota",
        lambda _self, service_code, quota_code: {"Value": values[quota_code]},
    )
    return values


@pytest.fixture
def on_aws(
    world: World, seqstack: SeqStack, monkeypatch: pytest.MonkeyPatch, quotas: dict[str, float]
) -> SeqStack:
    """`seqstack` as on AWS: no --local, credentials and region by the environment."""
    for name, value in world.emulator.environment.items():
        monkeypatch.setenv(name, value)
    seqstack.shared = ("--stack", "seqstack")
    return seqstack


@pytest.fixture
def unpushed(world: World) -> Iterator[None]:
    """Repositories without images, as before `make push-images`."""
    ecr = world.emulator.client("ecr")
    for tool in TOOLS:
        ecr.batch_delete_image(
            repositoryName=f"seqstack-dev/{tool}", imageIds=[{"imageTag": "0.1.0"}]
        )
    yield
    push_images(world.emulator.client, runner=None)


def examined(seqstack: SeqStack, code: ExitCode) -> dict[str, list[dict[str, Any]]]:
    """The checks by name."""
    ended = seqstack("doctor", "--json")
    assert ended.exit_code == code, ended.output
    checks: dict[str, list[dict[str, Any]]] = {}
    for check in json.loads(ended.stdout)["checks"]:
        checks.setdefault(check["name"], []).append(check)
    return checks


def test_doctor_finds_a_complete_stack_healthy(on_aws: SeqStack) -> None:
    checks = examined(on_aws, ExitCode.OK)

    assert {name: [each["health"] for each in found] for name, found in checks.items()} == {
        "account": ["OK"],
        "stack": ["OK"],
        "api": ["OK"],
        "queue": ["OK"] * 3,
        "hosts": ["OK"] * 2,
        "images": ["OK"],
        "quota": ["OK"] * 3,
        "events": ["OK"],
    }
    assert checks["account"][0]["detail"].startswith("123456789012 in us-east-1, as arn:aws:")


@pytest.mark.usefixtures("unpushed")
def test_doctor_names_images_that_were_never_pushed(on_aws: SeqStack) -> None:
    (images,) = examined(on_aws, ExitCode.FAILED)["images"]

    assert images["health"] == "FAILED"
    assert "seqstack-dev/bwa:0.1.0" in images["detail"]
    assert images["hint"] == "`STACK=seqstack make push-images`"


def test_doctor_reports_quotas_that_are_too_small(
    on_aws: SeqStack, quotas: dict[str, float]
) -> None:
    quotas |= {"L-34B43A08": 32.0, "L-1216C47A": 5.0}

    spot, on_demand, functions = examined(on_aws, ExitCode.FAILED)["quota"]

    assert spot["health"] == "WARNING"
    assert spot["detail"] == (
        "Spot instances: 32 vCPUs, 2 samples at a time, and the stack may request 256"
    )
    assert "--quota-code L-34B43A08 --desired-value 256" in spot["hint"]
    assert on_demand["health"] == "FAILED"  # the smallest default, and the tools want more
    assert on_demand["detail"] == (
        "on-demand instances: 5 vCPUs, 0 samples at a time, and one job needs 16"
    )
    assert functions["health"] == "OK"


def test_doctor_finds_a_queue_that_somebody_has_disabled(world: World, on_aws: SeqStack) -> None:
    batch = world.emulator.client("batch")
    batch.update_job_queue(jobQueue="lowPriority-dev", state="DISABLED")
    try:
        bad = [
            each for each in examined(on_aws, ExitCode.FAILED)["queue"] if each["health"] != "OK"
        ]
    finally:
        batch.update_job_queue(jobQueue="lowPriority-dev", state="ENABLED")

    (check,) = bad
    assert check["detail"].startswith("lowPriority-dev: DISABLED")
    assert "--state ENABLED --job-queue lowPriority-dev" in check["hint"]


def test_doctor_warns_of_events_that_were_given_up(world: World, on_aws: SeqStack) -> None:
    sqs, url = world.emulator.client("sqs"), world.emulator.outputs["EventDeadLetterQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    try:
        (events,) = examined(on_aws, ExitCode.OK)["events"]
    finally:
        sqs.purge_queue(QueueUrl=url)

    assert (events["health"], events["detail"]) == ("WARNING", "1 could not be handled")


def test_doctor_without_a_stack_stops_there(on_aws: SeqStack) -> None:
    on_aws.shared = ("--stack", "other")

    checks = examined(on_aws, ExitCode.FAILED)

    assert list(checks) == ["account", "stack"]
    assert checks["stack"][0]["detail"] == "there is no stack other in us-east-1"


def test_doctor_on_the_emulator_skips_what_it_does_not_have(seqstack: SeqStack) -> None:
    ended = seqstack("doctor")

    assert ended.exit_code == ExitCode.OK, ended.output
    marks = {line.split()[1]: line.split()[0] for line in ended.stdout.splitlines()}
    assert marks == {
        "account": "✓", "stack": "✓", "api": "✓", "queue": "✓", "hosts": "✓",
        "images": "-", "quotas": "-", "events": "✓",
    }  # fmt: skip
