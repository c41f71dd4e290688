"""The job queues, and the compute environments that serve them."""

from collections.abc import Iterator, Mapping
from typing import Any

from cli.aws import stack_outputs, translated_errors
from cli.doctor.checks import Check, Health
from cli.session import Session

_OUTPUTS = ("HighPriorityQueueArn", "LowPriorityQueueArn", "OnDemandQueueArn")
_ENABLE = "`aws batch update-job-queue --state ENABLED --job-queue {}`"
_ENABLE_HOSTS = "`aws batch update-compute-environment --state ENABLED --compute-environment {}`"


def look_at_queues(session: Session) -> Iterator[Check]:
    """Check that queues accept jobs and have hosts."""
    outputs = stack_outputs(session.stack)
    arns = [outputs[name] for name in _OUTPUTS]
    client = session.aws.client("batch")
    with translated_errors():
        queues = client.describe_job_queues(jobQueues=arns)["jobQueues"]
    found = {queue["jobQueueArn"] for queue in queues}
    for arn in arns:
        if arn not in found:
            yield Check("queue", Health.FAILED, f"{_name(arn)} is gone", "`sam deploy`")
    for queue in queues:
        yield judge("queue", queue["jobQueueName"], queue, _ENABLE)
    for environment in environments_of(client, queues):
        yield judge("hosts", environment["computeEnvironmentName"], environment, _ENABLE_HOSTS)


def environments_of(batch: Any, queues: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The compute environments of these queues, as Batch describes them."""
    arns = {
        each["computeEnvironment"] for queue in queues for each in queue["computeEnvironmentOrder"]
    }
    with translated_errors():
        answer = batch.describe_compute_environments(computeEnvironments=sorted(arns))
    return list(answer["computeEnvironments"])


def judge(kind: str, name: str, described: Mapping[str, Any], enable: str) -> Check:
    """A queue or environment must be ENABLED by its owner and found VALID by Batch."""
    state, status = described["state"], described.get("status", "VALID")
    reason = described.get("statusReason", "")
    said = f"{name}: {state}, {status}" + (f" ({reason})" if reason and status != "VALID" else "")
    if state != "ENABLED":
        return Check(kind, Health.FAILED, said, enable.format(name))
    if status in {"CREATING", "UPDATING"}:
        return Check(kind, Health.WARNING, said, "wait until it is VALID")
    if status != "VALID":
        return Check(
            kind, Health.FAILED, said, "fix the cause that the reason names, then run `sam deploy`"
        )
    return Check(kind, Health.OK, said)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
