"""The emulator's Spot prices: known from the time alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise

from emulator.engine.prices import HELD, SpotPrice, spot_prices
from emulator.prices import on_demand_usd

prices_of = partial(spot_prices, on_demand_usd)
NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)


def test_spot_prices_of_ten_hours_are_the_changes_in_them_and_the_one_before() -> None:
    found = list(
        spot_prices(
            on_demand_usd, "c6i.4xlarge", "us-east-1a", NOON + timedelta(hours=1), NOON + HELD * 2
        )
    )

    # 12:00, which holds at 13:00; 16:00; 20:00, at which the period ends. Newest first.
    # 12:00 is 121,393.5 times four hours after 1970, so a change is at 12:00 only if 4 divides 12.
    assert [price.at for price in found] == [NOON + HELD * 2, NOON + HELD, NOON]
    assert {price.zone for price in found} == {"us-east-1a"}


def test_spot_prices_stay_below_half_of_on_demand_and_change() -> None:
    found = list(prices_of("c6i.4xlarge", "us-east-1a", NOON - timedelta(days=2), NOON))

    prices = [price.usd for price in found]
    # 0.35 to 0.44 of 0.68
    assert all(Decimal("0.238") <= usd <= Decimal("0.2992") for usd in prices)
    assert all(one != other for one, other in pairwise(prices))


def test_spot_prices_are_the_same_whoever_asks_and_differ_between_zones() -> None:
    def now(zone: str) -> list[SpotPrice]:
        return list(prices_of("c6i.4xlarge", zone, NOON, NOON))

    assert now("us-east-1a") == now("us-east-1a")
    assert now("us-east-1a")[0].usd != now("us-east-1b")[0].usd


def test_types_that_are_in_no_table_have_no_price() -> None:
    assert on_demand_usd("x9z.huge") is None
    assert list(prices_of("x9z.huge", "us-east-1a", NOON, NOON)) == []
