"""The packaged price table: a dated fallback, for when AWS's APIs are not available.

Prices are proportional to sizes: an 8xlarge has 16 times the resources and price of a large.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from seqstack.domain.cost.hosts import InstanceShape, PurchaseOption
from seqstack.domain.cost.prices import HourlyPrice

_MIB_PER_GIB = 1024
_SIZE = re.compile(r"([0-9]*)xlarge")
_VCPUS_OF_XLARGE = 4
_VCPUS_OF_LARGE = 2


@dataclass(frozen=True, slots=True)
class _Family:
    usd_per_vcpu_hour: Decimal
    gib_per_vcpu: int
    sizes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PriceTable:
    """On-demand prices of Linux instances in one region on one day, and of AWS's other services.

    `spot_share` is the assumed ratio of Spot to on-demand price when no history is available: an
    estimate, which its source shows.
    """

    date: str
    region: str
    spot_share: Decimal
    families: Mapping[str, _Family]
    services: Mapping[str, Decimal]

    @property
    def source(self) -> str:
        """The source that is recorded with amounts from this table."""
        return f"packagedTable {self.date}"

    def shape(self, instance_type: str) -> InstanceShape | None:
        """vCPUs and memory of a type, or None for one that is not in the table."""
        family, vcpus = self._find(instance_type)
        if family is None:
            return None
        return InstanceShape(vcpus, vcpus * family.gib_per_vcpu * _MIB_PER_GIB)

    def price(self, instance_type: str, purchase_option: PurchaseOption) -> HourlyPrice | None:
        """The price of a type, or None for one that is not in the table."""
        family, vcpus = self._find(instance_type)
        if family is None:
            return None
        on_demand = family.usd_per_vcpu_hour * vcpus
        if purchase_option is PurchaseOption.SPOT:
            return HourlyPrice.constant(on_demand * self.spot_share, f"{self.source} estimate")
        return HourlyPrice.constant(on_demand, self.source)

    def types(self) -> tuple[str, ...]:
        """Every instance type of the table."""
        return tuple(
            f"{name}.{size}" for name, family in self.families.items() for size in family.sizes
        )

    def _find(self, instance_type: str) -> tuple[_Family | None, int]:
        name, _, size = instance_type.partition(".")
        family = self.families.get(name)
        if family is None or size not in family.sizes:
            return None, 0
        return family, _vcpus(size)


@cache
def packaged_table() -> PriceTable:
    """The table that comes with this package."""
    text = files("seqstack.domain.cost").joinpath("prices.json").read_text()
    document: dict[str, Any] = json.loads(text, parse_float=Decimal)
    sizes: dict[str, list[str]] = document["sizes"]
    return PriceTable(
        date=document["date"],
        region=document["region"],
        spot_share=Decimal(document["spotShareOfOnDemand"]),
        families={
            name: _Family(
                Decimal(row["usdPerVcpuHour"]), row["gibPerVcpu"], tuple(sizes[row["sizes"]])
            )
            for name, row in document["families"].items()
        },
        services={name: Decimal(price) for name, price in document["services"].items()},
    )


def _vcpus(size: str) -> int:
    xlarge = _SIZE.fullmatch(size)
    return _VCPUS_OF_XLARGE * int(xlarge[1] or 1) if xlarge else _VCPUS_OF_LARGE
