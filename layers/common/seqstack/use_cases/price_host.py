"""Find a host's price while a job ran on it: from ledger, AWS or packaged table."""

from dataclasses import dataclass

from seqstack.domain.cost.hosts import Host, InstanceShape, PurchaseOption
from seqstack.domain.cost.prices import HourlyPrice, KnownPrice
from seqstack.domain.cost.table import PriceTable
from seqstack.use_cases.ports import Market, PriceCache

_DAY_MS = 86_400_000
_ON_DEMAND = "onDemand"


@dataclass(frozen=True, slots=True)
class Prices:
    """The sources of prices, in this order: `cache`, `market`, `table`. `now` is in ms."""

    cache: PriceCache
    market: Market
    table: PriceTable
    now: int

    def shape(self, instance_type: str) -> InstanceShape | None:
        """vCPUs and memory of a type; they never change, so the table is used first."""
        if not instance_type:
            return None
        return self.table.shape(instance_type) or self.market.shape(instance_type)

    def price(self, host: Host, start: int, stop: int) -> HourlyPrice | None:
        """The host's price from `start` to `stop` (ms); None if it is unknown."""
        if not host.is_known or host.purchase_option is None:
            return None
        if host.purchase_option is PurchaseOption.SPOT:
            found = self._spot(host, start, stop)
        else:
            found = self._on_demand(host)
        if found and found.covers(start):
            return found
        return self.table.price(host.instance_type, host.purchase_option)

    def _spot(self, host: Host, start: int, stop: int) -> HourlyPrice | None:
        known = self.cache.find(host.instance_type, host.availability_zone)
        if known and known.covers(start, stop):
            return known.price
        found = self.market.spot_price(host.instance_type, host.availability_zone, start)
        if found:
            self._keep(host, host.availability_zone, KnownPrice(found, self.now))
        return found

    def _on_demand(self, host: Host) -> HourlyPrice | None:
        known = self.cache.find(host.instance_type, _ON_DEMAND)
        if known and self.now <= known.known_until:
            return known.price
        found = self.market.on_demand_price(host.instance_type)
        if found:  # such a price rarely changes
            self._keep(host, _ON_DEMAND, KnownPrice(found, self.now + _DAY_MS))
        return found

    def _keep(self, host: Host, market: str, price: KnownPrice) -> None:
        expires_at = (self.now + _DAY_MS) // 1000
        self.cache.keep(host.instance_type, market, price, expires_at)
