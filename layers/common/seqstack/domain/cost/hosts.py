"""The EC2 instances that jobs run on, with the properties that determine their price."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class PurchaseOption(StrEnum):
    """How an instance is paid for."""

    SPOT = "spot"
    ON_DEMAND = "onDemand"


@dataclass(frozen=True, slots=True)
class Host:
    """An instance; unknown values are empty or None.

    An instance is terminated soon after its last job, and can't be described later.
    """

    instance_id: str = ""
    instance_type: str = ""
    purchase_option: PurchaseOption | None = None
    availability_zone: str = ""

    @property
    def is_known(self) -> bool:
        """True if everything that determines the price is known."""
        return bool(self.instance_type and self.purchase_option and self.availability_zone)


@dataclass(frozen=True, slots=True)
class InstanceShape:
    """The vCPUs and memory (MiB, as EC2 lists it) of an instance type."""

    vcpus: int
    memory_mib: int

    def share_of(self, vcpus: Decimal, memory_mib: int) -> Decimal:
        """The fraction of such an instance that a job uses: the larger of its two shares, at most
        1.

        The rest of the other resource can't be used by jobs of the same shape.
        """
        return min(
            Decimal(1), max(vcpus / self.vcpus, Decimal(memory_mib) / Decimal(self.memory_mib))
        )
