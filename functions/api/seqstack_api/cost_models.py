"""Models of costs; amounts are US dollars."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field

from seqstack.domain.cost.account import AttemptAccount
from seqstack.domain.cost.hosts import PurchaseOption
from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import RunRow
from seqstack.workflows.registry import in_order
from seqstack_api.answer import Answer, time_text

CostUsd = Annotated[
    float | None, Field(description="US dollars so far; null until a job is accounted for")
]
CostUsdByStep = Annotated[
    dict[str, float],
    Field(
        description="the cost of each step's jobs so far; `orchestration` has the rest, once it "
        "is known"
    ),
]
UnpricedAttempts = Annotated[
    int, Field(description="attempts that `costUsd` leaves out because their price is unknown")
]


def usd(cost: Cost | None) -> float | None:
    """Convert an amount; None if it is unknown."""
    return None if cost is None else float(cost.usd)


def unpriced(cost: Cost | None) -> int:
    """The number of attempts that the amount leaves out."""
    return cost.unpriced_attempts if cost else 0


def usd_by_step(run: RunRow) -> dict[str, float]:
    """The known cost of each step's jobs, in the steps' order."""
    steps = in_order(run.workflow, run.cost_by_step)
    known = {str(step): float(run.cost_by_step[step]) for step in steps}
    beside = _beside_the_jobs(run)
    return known if beside is None else known | {"orchestration": float(beside)}


def _beside_the_jobs(run: RunRow) -> Decimal | None:
    if run.orchestration is None or run.cost is None:
        return None
    return run.cost.usd - sum(run.cost_by_step.values(), Decimal(0))


class OrchestrationModel(Answer):
    """What a run used besides its jobs."""

    transitions: int = Field(description="of state machines")
    invocations: int = Field(description="of functions")
    lambda_gb_seconds: float
    messages: int = Field(description="notifications of the run's end")
    table_reads: int = Field(description="read request units of the ledger")
    table_writes: int = Field(description="write request units of the ledger, indexes included")
    s3_reads: int
    s3_writes: int
    cost_usd: float

    @classmethod
    def of(cls, run: RunRow) -> Self | None:
        """The counts of a run; None until they are known."""
        beside = _beside_the_jobs(run)
        if run.orchestration is None or beside is None:
            return None
        counted = asdict(run.orchestration)
        return cls(**counted, cost_usd=float(beside))


class AttemptModel(Answer):
    """One of AWS Batch's attempts inside a job; unknown values are null."""

    number: int = Field(description="from 1")
    queued_at: str = Field(description="when the wait for a host began; UTC, ISO 8601")
    started_at: str | None = Field(description="null if its container never started")
    stopped_at: str
    queue_seconds: int
    run_seconds: int = Field(description="rounded up to whole seconds")
    instance_id: str | None
    instance_type: str | None
    purchase_option: PurchaseOption | None
    availability_zone: str | None
    vcpus: float = Field(description="vCPUs asked for")
    memory_mib: int = Field(description="memory asked for, in MiB")
    peak_memory_bytes: int | None = Field(description="most memory used at one time")
    cpu_seconds: float | None = Field(description="CPU time used")
    exit_code: int | None
    exit_reason: str | None
    cost_usd: float | None = Field(description="its share of the host's price, per second")
    price_source: str | None = Field(
        description="source of the price: `spotHistory`, `pricing`, `packagedTable <date>`"
    )

    @classmethod
    def of(cls, account: AttemptAccount) -> Self:
        """An attempt of the ledger."""
        attempt, host, usage = account.attempt, account.host, account.usage
        return cls(
            number=attempt.number,
            queued_at=time_text(attempt.queued_at) or "",
            started_at=time_text(attempt.started_at),
            stopped_at=time_text(attempt.stopped_at) or "",
            queue_seconds=attempt.queue_seconds,
            run_seconds=attempt.run_seconds,
            instance_id=host.instance_id or None,
            instance_type=host.instance_type or None,
            purchase_option=host.purchase_option,
            availability_zone=host.availability_zone or None,
            vcpus=float(account.asked.vcpus),
            memory_mib=account.asked.memory_mib,
            peak_memory_bytes=usage.peak_memory_bytes if usage else None,
            cpu_seconds=usage.cpu_seconds if usage else None,
            exit_code=attempt.exit_code,
            exit_reason=attempt.exit_reason or None,
            cost_usd=_number(account.cost_usd),
            price_source=account.price_source or None,
        )


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
