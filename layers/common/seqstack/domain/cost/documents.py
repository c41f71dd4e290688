"""Accounts as JSON: for the ledger's attributes, the API and the command line.

Fractional numbers are Decimal in the ledger, and text in JSON.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from seqstack.domain.cost.account import AttemptAccount, JobAccount
from seqstack.domain.cost.batch_attempts import Asked, BatchAttempt
from seqstack.domain.cost.hosts import Host, PurchaseOption
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.table import packaged_table
from seqstack.domain.cost.totals import Cost
from seqstack.domain.cost.usage import MeasuredBy, Usage
from seqstack.domain.words import StepName

type Document = dict[str, Any]

_STEP_COST = "CostUsd"


def cost_document(cost: Cost | None) -> Document:
    """A cost as JSON; empty if it is unknown."""
    if cost is None:
        return {}
    return {"costUsd": cost.usd, "unpricedAttempts": cost.unpriced_attempts}


def cost_of(document: Mapping[str, Any]) -> Cost | None:
    """Read what `cost_document` has written."""
    if "costUsd" not in document:
        return None
    return Cost(Decimal(document["costUsd"]), int(document["unpricedAttempts"]))


def step_cost_key(step: StepName) -> str:
    """The attribute of a run with the cost of all jobs of a step."""
    return f"{step}{_STEP_COST}"


def step_costs_of(document: Mapping[str, Any]) -> dict[StepName, Decimal]:
    """Read the known costs of a run's steps."""
    keys = [key for key in document if key.endswith(_STEP_COST)]
    return {key.removesuffix(_STEP_COST): Decimal(document[key]) for key in keys}


def account_document(account: JobAccount) -> Document:
    """A job's account; docs/architecture.md describes each key."""
    attempts = [_attempt_document(one) for one in account.attempts]
    return {**cost_document(account.cost), "attempts": attempts}


def account_of(document: Mapping[str, Any]) -> JobAccount | None:
    """Read what `account_document` has written; None if the job has no account yet."""
    if "attempts" not in document:
        return None
    return JobAccount(tuple(map(_attempt_of, document["attempts"])))


def orchestration_document(orchestration: Orchestration) -> Document:
    """A run's orchestration: the counts, and their cost at the packaged prices."""
    table = packaged_table()
    return {
        **orchestration.as_document(),
        "costUsd": orchestration.usd(table.services),
        "priceSource": table.source,
    }


def orchestration_of(document: Mapping[str, Any]) -> Orchestration | None:
    """Read a run's orchestration; None until it is known."""
    found = document.get("orchestration")
    return None if found is None else Orchestration.from_document(found)


def host_document(host: Host) -> Document:
    """The known properties of a host."""
    return _known(
        {
            "instanceId": host.instance_id,
            "instanceType": host.instance_type,
            "purchaseOption": host.purchase_option,
            "availabilityZone": host.availability_zone,
        }
    )


def host_of(document: Mapping[str, Any]) -> Host:
    """Read what `host_document` has written."""
    option = document.get("purchaseOption")
    return Host(
        instance_id=document.get("instanceId", ""),
        instance_type=document.get("instanceType", ""),
        purchase_option=PurchaseOption(option) if option else None,
        availability_zone=document.get("availabilityZone", ""),
    )


def _attempt_document(account: AttemptAccount) -> Document:
    attempt = account.attempt
    return _known(
        {
            "number": attempt.number,
            **host_document(account.host),
            "containerInstance": attempt.container_instance,
            "queuedAt": attempt.queued_at,
            "startedAt": attempt.started_at,
            "stoppedAt": attempt.stopped_at,
            "queueSeconds": attempt.queue_seconds,
            "runSeconds": attempt.run_seconds,
            "vcpus": account.asked.vcpus,
            "memoryMib": account.asked.memory_mib,
            **_usage_document(account.usage),
            "exitCode": attempt.exit_code,
            "exitReason": attempt.exit_reason,
            "logStream": attempt.log_stream,
            "costUsd": account.cost_usd,
            "priceSource": account.price_source,
            "unknown": list(account.unknown),
        }
    )


def _attempt_of(document: Mapping[str, Any]) -> AttemptAccount:
    cost, exit_code = document.get("costUsd"), document.get("exitCode")
    started_at = document.get("startedAt")
    return AttemptAccount(
        attempt=BatchAttempt(
            number=int(document["number"]),
            queued_at=int(document["queuedAt"]),
            started_at=None if started_at is None else int(started_at),
            stopped_at=int(document["stoppedAt"]),
            container_instance=document.get("containerInstance", ""),
            exit_code=None if exit_code is None else int(exit_code),
            exit_reason=document.get("exitReason", ""),
            log_stream=document.get("logStream", ""),
        ),
        asked=Asked(Decimal(document["vcpus"]), int(document["memoryMib"])),
        host=host_of(document),
        usage=_usage_of(document),
        cost_usd=None if cost is None else Decimal(cost),
        price_source=document.get("priceSource", ""),
    )


def _usage_document(usage: Usage | None) -> Document:
    if usage is None:
        return {}
    return {**usage.as_document(), "cpuSeconds": Decimal(str(usage.as_document()["cpuSeconds"]))}


def _usage_of(document: Mapping[str, Any]) -> Usage | None:
    if "measuredBy" not in document:
        return None
    return Usage(
        peak_memory_bytes=int(document["peakMemoryBytes"]),
        cpu_seconds=float(document["cpuSeconds"]),
        measured_by=MeasuredBy(document["measuredBy"]),
        s3_reads=int(document["s3Reads"]),
        s3_writes=int(document["s3Writes"]),
    )


def _known(document: Document) -> Document:
    return {key: value for key, value in document.items() if value not in (None, "")}
