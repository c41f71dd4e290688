"""What attempts and jobs cost, worked out by hand."""

from dataclasses import replace
from decimal import Decimal

from seqstack.domain.cost.account import AttemptAccount, JobAccount, account_attempt
from seqstack.domain.cost.hosts import Host, InstanceShape, PurchaseOption
from seqstack.domain.cost.prices import HourlyPrice
from seqstack.domain.cost.totals import Cost
from tests.support.cost_builders import (
    C6I_4XLARGE,
    HOUR,
    MINUTE,
    NOON,
    USAGE,
    asked,
    attempt,
    spot_host,
    spot_price,
)


def test_attempt_that_fills_a_spot_host_costs_the_whole_price_over_its_history() -> None:
    # share: 16/16 vCPUs, 28/32 GiB: 1.
    # 12:00 to 12:20 at 0.2712, 12:20 to 13:00 at 0.2739:
    #   0.2712 * 20/60 = 0.0904;  0.2739 * 40/60 = 0.1826;  together 0.273
    price = spot_price((NOON - HOUR, "0.2712"), (NOON + 20 * MINUTE, "0.2739"))

    account = account_attempt(attempt(), asked(), spot_host(), C6I_4XLARGE, price, USAGE)

    assert account.cost_usd == Decimal("0.273")
    assert account.price_source == "spotHistory"
    assert account.unknown == ()


def test_attempt_that_needs_memory_most_costs_its_memory_share() -> None:
    # snpEff: 2 vCPUs, 14 GiB on an r6a.xlarge on demand: 4 vCPUs, 32 GiB, 0.2268 USD an hour.
    # share: 2/4 = 0.5; 14/32 = 0.4375: 0.5.  6 min 40 s = 400 s: 0.2268/3600 * 400 * 0.5 = 0.0126
    r6a_xlarge = InstanceShape(4, 32768)
    host = Host("i-1", "r6a.xlarge", PurchaseOption.ON_DEMAND, "us-east-1b")
    price = HourlyPrice.constant(Decimal("0.2268"), "pricing")
    ran = attempt(stopped_at=NOON + 400_000)

    account = account_attempt(ran, asked("2", 14336), host, r6a_xlarge, price, USAGE)

    assert account.cost_usd == Decimal("0.0126")

    # and with 28 GiB the share is 28/32 = 0.875: 0.0252 * 0.875 = 0.02205
    more = account_attempt(ran, asked("2", 28672), host, r6a_xlarge, price, USAGE)
    assert more.cost_usd == Decimal("0.02205")


def test_attempt_is_charged_a_second_that_it_began() -> None:
    # 1,001 ms are 2 s of 0.36 USD an hour: 0.0001 * 2 = 0.0002
    price = HourlyPrice.constant(Decimal("0.36"), "pricing")

    account = account_attempt(
        attempt(stopped_at=NOON + 1001), asked(), spot_host(), C6I_4XLARGE, price, USAGE
    )

    assert account.cost_usd == Decimal("0.0002")


def test_attempt_whose_container_never_started_costs_nothing() -> None:
    account = account_attempt(attempt(started_at=None), asked(), spot_host(), None, None, None)

    assert account.cost_usd == 0
    assert account.unknown == ()  # there is no usage to know


def test_attempt_on_an_unknown_host_has_no_cost_and_says_why() -> None:
    account = account_attempt(attempt(), asked(), Host(), None, None, None)

    assert account.cost_usd is None
    assert account.unknown == (
        "instanceType",
        "purchaseOption",
        "availabilityZone",
        "peakMemoryBytes",
        "cpuSeconds",
        "costUsd",
    )


def test_attempt_that_began_before_the_price_history_has_no_cost() -> None:
    late = spot_price((NOON + MINUTE, "0.27"))

    account = account_attempt(attempt(), asked(), spot_host(), C6I_4XLARGE, late, USAGE)

    assert account.cost_usd is None
    assert account.unknown == ("costUsd",)


def test_attempt_whose_log_was_lost_has_its_cost_all_the_same() -> None:
    price = HourlyPrice.constant(Decimal("0.36"), "pricing")

    account = account_attempt(attempt(), asked(), spot_host(), C6I_4XLARGE, price, None)

    assert account.cost_usd == Decimal("0.36")
    assert account.unknown == ("peakMemoryBytes", "cpuSeconds")


def _costing(amount: str | None, number: int = 1) -> AttemptAccount:
    cost = None if amount is None else Decimal(amount)
    return AttemptAccount(attempt(number=number), asked(), spot_host(), USAGE, cost, "spotHistory")


def test_job_costs_the_sum_of_its_attempts_the_failed_ones_included() -> None:
    reclaimed = replace(_costing("0.0452"), attempt=attempt(exit_code=None))

    account = JobAccount((reclaimed, _costing("0.273")))

    assert account.cost == Cost(Decimal("0.3182"), 0)
    assert account.is_complete


def test_job_with_an_attempt_of_unknown_cost_reports_that_its_sum_leaves_it_out() -> None:
    account = JobAccount((_costing(None), _costing("0.273")))

    assert account.cost == Cost(Decimal("0.273"), 1)
    assert not account.is_complete


def test_account_made_again_keeps_what_only_the_older_one_knew() -> None:
    def unknown(number: int) -> AttemptAccount:
        return AttemptAccount(attempt(number=number), asked(), Host(), None, None)

    older = JobAccount((_costing("0.0452"), unknown(2)))
    newer = JobAccount((unknown(1), _costing("0.273", 2), unknown(3)))

    filled = newer.filled_from(older)

    assert filled.attempts == (_costing("0.0452"), _costing("0.273", 2), unknown(3))
    assert newer.filled_from(None) == newer


def test_account_made_again_prefers_what_is_found_now() -> None:
    older = JobAccount((_costing("0.9"),))

    assert JobAccount((_costing("0.273"),)).filled_from(older).cost == Cost(Decimal("0.273"))
