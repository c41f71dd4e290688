"""What an instance costs over a period in which its price changes."""

from decimal import Decimal

import pytest

from seqstack.domain.cost.prices import HourlyPrice
from tests.support.cost_builders import HOUR, MINUTE, NOON, SECOND, spot_price


def test_price_that_never_changes_is_charged_by_the_second() -> None:
    # 90 s of 0.72 USD an hour: 0.72 / 3600 * 90 = 0.0002 * 90 = 0.018
    price = HourlyPrice.constant(Decimal("0.72"), "pricing")

    assert price.of_period(NOON, NOON + 90 * SECOND) == Decimal("0.018")


def test_price_that_changes_twice_is_charged_for_each_part_at_its_own() -> None:
    # 12:00 to 13:00. Before 12:15 0.24, from then on 0.36, from 12:45 on 0.30:
    #   15 min at 0.24 = 0.06;  30 min at 0.36 = 0.18;  15 min at 0.30 = 0.075;  together 0.315
    price = spot_price(
        (NOON - 5 * HOUR, "0.24"), (NOON + 15 * MINUTE, "0.36"), (NOON + 45 * MINUTE, "0.30")
    )

    assert price.of_period(NOON, NOON + HOUR) == Decimal("0.315")


def test_price_change_outside_the_period_is_of_no_account() -> None:
    # half an hour at 0.24 = 0.12: 0.90 ended before, 0.36 begins when it ends
    price = spot_price(
        (NOON - 5 * HOUR, "0.90"), (NOON - HOUR, "0.24"), (NOON + 30 * MINUTE, "0.36")
    )

    assert price.of_period(NOON, NOON + 30 * MINUTE) == Decimal("0.12")


def test_price_change_at_the_start_counts_from_the_start() -> None:
    price = spot_price((NOON - HOUR, "0.90"), (NOON, "0.24"))

    assert price.of_period(NOON, NOON + HOUR) == Decimal("0.24")


def test_price_of_a_period_that_begins_before_the_history_is_not_guessed() -> None:
    price = spot_price((NOON + SECOND, "0.24"))

    assert not price.covers(NOON)
    with pytest.raises(ValueError, match="no price is known"):
        price.of_period(NOON, NOON + HOUR)


def test_price_without_any_change_covers_nothing() -> None:
    assert not spot_price().covers(NOON)
