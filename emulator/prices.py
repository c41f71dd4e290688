"""On-demand prices of hosts in the emulator: those packaged with SeqStack."""

from decimal import Decimal

from seqstack.domain.cost.hosts import PurchaseOption
from seqstack.domain.cost.table import packaged_table

_HOUR_MS = 3_600_000


def on_demand_usd(instance_type: str) -> Decimal | None:
    """US dollars an hour, or None for a type that is not in the packaged table."""
    price = packaged_table().price(instance_type, PurchaseOption.ON_DEMAND)
    return None if price is None else price.of_period(0, _HOUR_MS)
