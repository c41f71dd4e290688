"""Attempts, hosts and prices that tests of costs are made of."""

from decimal import Decimal
from typing import Any

from seqstack.domain.cost.batch_attempts import Asked, BatchAttempt
from seqstack.domain.cost.hosts import Host, InstanceShape, PurchaseOption
from seqstack.domain.cost.prices import SPOT_HISTORY, HourlyPrice, PriceChange
from seqstack.domain.cost.usage import MeasuredBy, Usage

NOON = 1_748_865_600_000  # 2025-06-02T12:00:00Z in ms since the epoch
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
C6I_4XLARGE = InstanceShape(vcpus=16, memory_mib=32768)
USAGE = Usage(12_000_000_000, 40_000.0, MeasuredBy.CGROUP, s3_reads=120, s3_writes=140)


def attempt(**changes: Any) -> BatchAttempt:
    """The first attempt: 3 minutes of queue, then an hour of work that ended well."""
    values: dict[str, Any] = {
        "number": 1,
        "queued_at": NOON - 3 * MINUTE,
        "started_at": NOON,
        "stopped_at": NOON + HOUR,
        "exit_code": 0,
        "exit_reason": "Essential container in task exited",
        **changes,
    }
    return BatchAttempt(**values)


def asked(vcpus: str = "16", memory_mib: int = 28672) -> Asked:
    return Asked(Decimal(vcpus), memory_mib)


def spot_host() -> Host:
    return Host("i-0a1b2c3d4e5f60718", "c6i.4xlarge", PurchaseOption.SPOT, "us-east-1a")


def spot_price(*changes: tuple[int, str]) -> HourlyPrice:
    return HourlyPrice(
        tuple(PriceChange(at, Decimal(price)) for at, price in changes), SPOT_HISTORY
    )
