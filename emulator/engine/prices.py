"""Spot prices that change over time.

The Spot price of a type in a zone is a fraction of its on-demand price. It changes every four hours
and depends only on the time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

type OnDemandPrice = Callable[[str], Decimal | None]
"""US dollars an hour of an instance type, or None for a type that has no price."""

HELD = timedelta(hours=4)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS = tuple(map(Decimal, ("0.38", "0.41", "0.36", "0.44", "0.40", "0.35", "0.39")))
_CENT_OF_A_CENT = Decimal("0.0001")  # EC2 returns four decimals


@dataclass(frozen=True, slots=True)
class SpotPrice:
    """From `at` on, an hour of the type costs `usd` in the zone."""

    instance_type: str
    zone: str
    at: datetime
    usd: Decimal


def spot_prices(
    on_demand: OnDemandPrice, instance_type: str, zone: str, since: datetime, until: datetime
) -> Iterator[SpotPrice]:
    """The changes from `since` to `until`, and the one before them, the newest first."""
    listed = on_demand(instance_type)
    if listed is None:
        return
    first, last = ((moment - _EPOCH) // HELD for moment in (since, until))
    for number in range(last, first - 1, -1):
        part = _PARTS[(number + ord(zone[-1])) % len(_PARTS)]
        usd = (listed * part).quantize(_CENT_OF_A_CENT)
        yield SpotPrice(instance_type, zone, _EPOCH + number * HELD, usd)
