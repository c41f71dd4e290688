"""Which runs a report is of."""

from decimal import Decimal

import pytest

from seqstack.domain.cost.report import GroupBy
from seqstack.domain.cost.totals import Cost
from seqstack.use_cases.cost_report import CostScope, cost_report
from tests.builders import run_row
from tests.fakes import FakeLedger


@pytest.fixture
def ledger() -> FakeLedger:
    """Five runs that cost 1, 2, 4, 8 and 16 dollars: a sum tells which were meant."""
    ledger = FakeLedger()
    rows = [
        ("r1", "mother", "trio", "rare", "2026-01-31"),
        ("r2", "child", "trio", "rare", "2026-02-01"),
        ("r3", "child", "", "rare", "2026-02-02"),
        ("r4", "child", "", "grant", "2026-02-03"),
        ("r5", "other", "", "", "2026-02-04"),
    ]
    for number, (name, sample, cohort, project, day) in enumerate(rows):
        row = run_row(
            run_id=name,
            sample_id=sample,
            cohort_id=cohort,
            project=project,
            started_at=f"{day}T09:30:00.125Z",
            cost=Cost(Decimal(2**number)),
        )
        ledger.open_run(row, [])
    return ledger


@pytest.mark.parametrize(
    ("scope", "usd"),
    [
        (CostScope(sample_id="child"), 2 + 4 + 8),
        (CostScope(cohort_id="trio"), 1 + 2),
        (CostScope(project="rare"), 1 + 2 + 4),
        (CostScope(project="rare", started_after="2026-02"), 2 + 4),
        (CostScope(sample_id="child", project="rare"), 2 + 4),
        (CostScope(cohort_id="trio", project="grant"), 0),
        (CostScope(sample_id="nobody"), 0),
    ],
)
def test_report_is_of_the_runs_that_fit_every_field(
    ledger: FakeLedger, scope: CostScope, usd: int
) -> None:
    assert cost_report(scope, GroupBy.RUN, ledger).cost == Cost(Decimal(usd))


def test_report_of_everything_is_refused(ledger: FakeLedger) -> None:
    with pytest.raises(ValueError, match="a sample, a cohort or a project"):
        cost_report(CostScope(started_after="2026-02"), GroupBy.RUN, ledger)
