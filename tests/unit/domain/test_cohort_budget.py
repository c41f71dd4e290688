"""A cohort's cost to come, and the samples that it has not started."""

from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.cohort_budget import Outlook, budget_cause, cost_of_runs, outlook
from seqstack.domain.cohort_plan import content_id
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import RunRow
from seqstack.domain.words import CohortState, RunState

OPENED = "2026-01-02T00:00:00.000Z"
EARLIER = "2026-01-01T00:00:00.000Z"
LATER = "2026-01-02T01:00:00.000Z"
END = "2026-01-02T02:00:00.000Z"
PLAN: dict[str, Any] = {"new": 3, "again": 1, "inputBytesLeft": 5_000, "estimate": None}


def cohort(**plan: Any) -> CohortRow:
    return CohortRow(
        "trio", "arn", CohortState.RUNNING, OPENED, "s3://b/sheet.csv", plan=PLAN | plan
    )


def run(name: str, size: int, usd: int, **changes: Any) -> RunRow:
    """A run that the cohort has started, and that has succeeded."""
    known: dict[str, Any] = {
        "state": RunState.SUCCEEDED, "started_at": LATER, "ended_at": END,
        "cost": Cost(Decimal(usd)), "cost_by_step": {"align": Decimal(usd)},
        "tools": {"align": "bwa"}, "input_bytes": size,
    }  # fmt: skip
    content = content_id({"cohortId": "trio", "sampleId": name}, [])
    return RunRow(run_id=f"{content}-1", sample_id=name, **(known | changes))


RUNNING = {"state": RunState.RUNNING, "ended_at": ""}


def test_nothing_is_known_without_a_plan() -> None:
    assert outlook(CohortRow("trio", "arn", CohortState.RUNNING, OPENED, "s3://b/x"), []) is None


def test_cost_to_come_is_by_bytes_of_what_has_not_ended_less_what_is_spent_for_it() -> None:
    # 2 dollars for 1,000 bytes; 4,000 bytes are left, of which a run has cost 3 dollars already
    runs = [run("a", 1_000, 2), run("b", 1_000, 3, **RUNNING)]

    assert outlook(cohort(), runs) == Outlook(2, Decimal("5.00"))


def test_runs_of_earlier_executions_are_a_basis_but_not_of_this_plan() -> None:
    runs = [run("a", 1_000, 2, started_at=EARLIER, ended_at=EARLIER)]

    assert outlook(cohort(), runs) == Outlook(4, Decimal("10.00"))


def test_run_that_was_followed_is_no_longer_to_come() -> None:
    runs = [run("a", 1_000, 2, started_at=EARLIER)]

    assert outlook(cohort(new=0, again=0, inputBytesLeft=1_000), runs) == Outlook(0, Decimal(0))


@pytest.mark.parametrize(
    ("estimate", "expected"), [(None, None), ({"usd": "12.5"}, Decimal("12.50"))]
)
def test_plans_estimate_serves_until_a_run_has_succeeded(
    estimate: dict[str, str] | None, expected: Decimal | None
) -> None:
    assert outlook(cohort(estimate=estimate), []) == Outlook(4, expected)


def test_cost_to_come_is_never_below_nothing() -> None:
    runs = [run("a", 4_000, 2), run("b", 1_000, 300, **RUNNING)]

    assert outlook(cohort(), runs) == Outlook(2, Decimal("0.00"))


def test_runs_that_only_name_the_cohort_count_neither_as_started_nor_as_its_cost() -> None:
    foreign = RunRow(
        "by-hand", "a", RunState.SUCCEEDED, LATER, cohort_id="trio", cost=Cost(Decimal(7))
    )

    assert outlook(cohort(), [foreign]) == Outlook(4, None)
    assert cost_of_runs("trio", [foreign, run("a", 1, 2)]) == 2


def test_cause_counts_what_was_not_started() -> None:
    assert budget_cause(Decimal("2E+2"), 1).startswith("the budget of 200 USD is met, and 1 sample")
    assert "1,200 samples were not started" in budget_cause(Decimal(5), 1_200)
