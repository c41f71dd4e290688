"""What a cohort will cost at today's prices, from runs whose hosts were paid at those of then."""

from dataclasses import replace
from decimal import Decimal

import pytest

from seqstack.domain.cohort_estimate import Basis, Estimate
from seqstack.domain.cost.account import AttemptAccount, JobAccount
from seqstack.domain.cost.hosts import Host, PurchaseOption
from seqstack.domain.cost.prices import ON_DEMAND_LIST, SPOT_HISTORY, HourlyPrice
from seqstack.domain.cost.table import packaged_table
from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import RunHistory, RunRow
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.words import RunState
from seqstack.use_cases.estimate_cohort import Estimator
from seqstack.use_cases.price_host import Prices
from tests.support.builders import job_row
from tests.support.cost_builders import HOUR, NOON, USAGE, asked, attempt, spot_host, spot_price
from tests.support.fakes import FakeMarket, FakePriceCache

TOOLS = {"align": "bwa"}
NOW = NOON + 1000 * HOUR
# an hour of a whole c6i.4xlarge, at $0.20 an hour
SPOT = AttemptAccount(attempt(), asked(), spot_host(), USAGE, Decimal("0.20"), SPOT_HISTORY)
ON_DEMAND = replace(
    SPOT,
    host=Host("i-2", "c6i.4xlarge", PurchaseOption.ON_DEMAND, "us-east-1b"),
    cost_usd=Decimal("0.60"),
    price_source=ON_DEMAND_LIST,
)


class Ledger:
    """One run of 1,000 bytes with one job of some attempts."""

    def __init__(self, *attempts: AttemptAccount) -> None:
        account = JobAccount(attempts)
        self.run = RunRow(
            "run",
            "NA12878",
            RunState.SUCCEEDED,
            "2026-01-01T00:00:00.000Z",
            ended_at="2026-01-01T02:00:00.000Z",
            tools=TOOLS,
            input_bytes=1_000,
            cost=account.cost + Cost(Decimal("0.10")),  # 10 cents of orchestration
            cost_by_step={"align": account.cost.usd},
        )
        self.job = job_row(account=account)
        self.asked: list[RunFilter] = []

    def newest_runs(self, wanted: RunFilter, cursor: Cursor, limit: int) -> list[RunRow]:
        del cursor, limit
        self.asked.append(wanted)
        return [self.run]

    def history(self, run_id: str) -> RunHistory:
        assert run_id == self.run.run_id
        return RunHistory(self.run, (), (self.job,))


def estimator(ledger: Ledger, today: HourlyPrice | None) -> Estimator:
    prices = Prices(FakePriceCache(), FakeMarket(spot=today), packaged_table(), NOW)
    return Estimator(ledger, ledger.history, prices)


def test_spot_jobs_are_estimated_at_todays_price() -> None:
    ledger = Ledger(SPOT)

    found = estimator(ledger, spot_price((NOW - HOUR, "0.30"))).estimate(
        3_000, [ledger.run], TOOLS, ""
    )

    # 30 cents of its host and 10 of orchestration, three times
    assert found == Estimate(Decimal("1.20"), Decimal(6), 1, Basis.COHORT, Decimal("1.5"))
    assert ledger.asked == []


def test_on_demand_jobs_keep_their_price() -> None:
    ledger = Ledger(SPOT, ON_DEMAND)

    found = estimator(ledger, spot_price((NOW - HOUR, "0.40"))).estimate(1_000, [], TOOLS, "rare")

    # 40 and 60 cents instead of 20 and 60
    assert found == Estimate(Decimal("1.10"), Decimal(2), 1, Basis.TOOLS, Decimal("1.25"))
    assert [(one.state, one.project) for one in ledger.asked] == [(RunState.SUCCEEDED, "rare")]


@pytest.mark.parametrize(
    ("then", "today"),
    [
        (SPOT, None),
        (replace(SPOT, price_source="packagedTable 2026-01-19 estimate"), "0.30"),
        (replace(SPOT, host=replace(SPOT.host, availability_zone="")), "0.30"),
    ],
    ids=["AWS tells no price", "the earlier price was assumed", "unknown host"],
)
def test_without_both_prices_the_estimate_is_at_those_of_then(
    then: AttemptAccount, today: str | None
) -> None:
    ledger = Ledger(then)
    price = spot_price((NOW - HOUR, today)) if today else None

    found = estimator(ledger, price).estimate(1_000, [ledger.run], TOOLS, "")

    assert found == Estimate(Decimal("0.30"), Decimal(2), 1, Basis.COHORT, None)


def test_nothing_left_costs_nothing_and_asks_for_no_price() -> None:
    ledger = Ledger(SPOT)
    market = FakeMarket()
    prices = Prices(FakePriceCache(), market, packaged_table(), NOW)

    found = Estimator(ledger, ledger.history, prices).estimate(0, [ledger.run], TOOLS, "")

    assert found == Estimate(Decimal(0), Decimal(0), 1, Basis.COHORT, None)
    assert market.asked == []
