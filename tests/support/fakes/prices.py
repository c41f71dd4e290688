"""Prices of AWS that tests choose."""

from dataclasses import dataclass, field

from seqstack.domain.cost.hosts import InstanceShape
from seqstack.domain.cost.prices import HourlyPrice, KnownPrice


@dataclass
class FakeMarket:
    """AWS's prices, and what was asked for."""

    spot: HourlyPrice | None = None
    on_demand: HourlyPrice | None = None
    shapes: dict[str, InstanceShape] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def shape(self, instance_type: str) -> InstanceShape | None:
        self.asked.append(("shape", instance_type))
        return self.shapes.get(instance_type)

    def spot_price(self, instance_type: str, zone: str, since: int) -> HourlyPrice | None:
        self.asked.append(("spot", instance_type, zone, str(since)))
        return self.spot

    def on_demand_price(self, instance_type: str) -> HourlyPrice | None:
        self.asked.append(("onDemand", instance_type))
        return self.on_demand


@dataclass
class FakePriceCache:
    prices: dict[tuple[str, str], KnownPrice] = field(default_factory=dict)
    expiries: list[int] = field(default_factory=list)

    def find(self, instance_type: str, market: str) -> KnownPrice | None:
        return self.prices.get((instance_type, market))

    def keep(self, instance_type: str, market: str, price: KnownPrice, expires_at: int) -> None:
        self.prices[instance_type, market] = price
        self.expiries.append(expires_at)
