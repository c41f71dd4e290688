"""The account's quotas, compared with the stack's limits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import stack_outputs, translated_errors
from cli.doctor.checks import Check, Health
from cli.doctor.images import job_definitions
from cli.doctor.queues import environments_of
from cli.session import Session

_QUEUES = ("HighPriorityQueueArn", "LowPriorityQueueArn", "OnDemandQueueArn")
# Below this, functions are throttled when many jobs end at once.
_LAMBDA_WANTED = 100


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota of Service Quotas, by its codes, and the stack's need.

    With less than `least` nothing runs at all; with less than `wanted`, less at once.
    https://docs.aws.amazon.com/general/latest/gr/ec2-service.html#limits_ec2
    """

    name: str
    service: str
    code: str
    wanted: float
    least: float
    unit: str


def look_at_quotas(session: Session) -> Iterator[Check]:
    """Check the quotas of vCPUs and concurrent functions."""
    if session.options.local:
        yield Check("quotas", Health.SKIPPED, "the emulator has none")
        return
    client = session.aws.client("service-quotas")
    for quota in _wanted(session):
        yield judge(quota, _value(client, quota))


def judge(quota: Quota, value: float) -> Check:
    """Whether a quota of this value is enough, and for how many samples at a time.

    A new account often has no Spot vCPUs: then jobs would wait without a word.
    """
    said = f"{quota.name}: {value:,.0f} {quota.unit}"
    if quota.least > 1:
        samples = int(min(value, quota.wanted) // quota.least)
        said += f", {samples:,} sample{'s' if samples != 1 else ''} at a time"
    hint = (
        f"`aws service-quotas request-service-quota-increase --service-code {quota.service} "
        f"--quota-code {quota.code} --desired-value {quota.wanted:.0f}`"
    )
    if value < quota.least:
        return Check("quota", Health.FAILED, f"{said}, and one job needs {quota.least:.0f}", hint)
    if value < quota.wanted:
        said += f", and the stack may request {quota.wanted:,.0f}"
        return Check("quota", Health.WARNING, said, hint)
    return Check("quota", Health.OK, said)


def _wanted(session: Session) -> Iterator[Quota]:
    outputs = stack_outputs(session.stack)
    batch = session.aws.client("batch")
    with translated_errors():
        arns = [outputs[name] for name in _QUEUES]
        queues = batch.describe_job_queues(jobQueues=arns)["jobQueues"]
    most = {"SPOT": 0, "EC2": 0}
    for environment in environments_of(batch, queues):
        resources = environment["computeResources"]
        most[resources["type"]] += resources["maxvCpus"]
    largest = max((_vcpus(each) for each in job_definitions(session)), default=0.0)
    for kind, code, name in (
        ("SPOT", "L-34B43A08", "Spot instances"),
        ("EC2", "L-1216C47A", "on-demand instances"),
    ):
        if most[kind]:
            yield Quota(name, "ec2", code, most[kind], largest, "vCPUs")
    yield Quota("functions at once", "lambda", "L-B99A9384", _LAMBDA_WANTED, 1, "executions")


def _vcpus(definition: dict[str, Any]) -> float:
    properties = definition["containerProperties"]
    asked = {each["type"]: each["value"] for each in properties.get("resourceRequirements", [])}
    return float(asked.get("VCPU", properties.get("vcpus", 0)))


def _value(client: Any, quota: Quota) -> float:
    """The account's value; AWS's default if it was never changed."""
    asked = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        return float(client.get_service_quota(**asked)["Quota"]["Value"])
    except ClientError as error:
        with translated_errors():
            if error.response["Error"]["Code"] != "NoSuchResourceException":
                raise
            return float(client.get_aws_default_service_quota(**asked)["Quota"]["Value"])
