"""What a cohort's runs will take."""

from dataclasses import replace
from decimal import Decimal

import pytest

from seqstack.domain.cohort_estimate import Basis, Estimate, estimate, with_tools
from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState

TOOLS = {"align": "bwa", "callVariants": "bcftools"}


def run(size: int, usd: int, hours: int) -> RunRow:
    return RunRow(
        f"run-{size}",
        "NA12878",
        RunState.SUCCEEDED,
        "2026-01-01T00:00:00.000Z",
        ended_at=f"2026-01-01T{hours:02d}:00:00.000Z",
        tools=TOOLS,
        input_bytes=size,
        cost=Cost(Decimal(usd), 0),
        cost_by_step=dict.fromkeys(TOOLS, Decimal(usd) / 2),
    )


def test_estimate_is_by_bytes_of_reads() -> None:
    # 3 GB took 6 dollars and 3 hours
    known = [run(1_000, 2, 1), run(2_000, 4, 2)]

    found = estimate(9_000, known, Basis.COHORT)

    assert found == Estimate(Decimal(18), Decimal(9), 2, Basis.COHORT)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": RunState.FAILED},
        {"input_bytes": 0},
        {"cost": None},
        {"cost": Cost(Decimal(1), 1)},
        {"cost_by_step": {"align": Decimal(2)}},
    ],
    ids=["failed", "unknown size", "unknown cost", "unpriced attempt", "reused step"],
)
def test_run_that_does_not_tell_what_a_sample_takes_does_not_count(
    changes: dict[str, object],
) -> None:
    other = replace(run(1_000, 100, 9), **changes)  # type: ignore[arg-type]

    assert estimate(9_000, [other], Basis.TOOLS) is None
    found = estimate(9_000, [run(1_000, 2, 1), other], Basis.TOOLS)
    assert found == Estimate(Decimal(18), Decimal(9), 1, Basis.TOOLS)


def test_jobs_are_estimated_at_other_prices_and_orchestration_at_its_own() -> None:
    known = [replace(run(1_000, 3, 1), cost_by_step=dict.fromkeys(TOOLS, Decimal(1)))]

    found = estimate(2_000, known, Basis.COHORT, Decimal("1.5"))

    # of 3 dollars, jobs are 2, which would be 3 today
    assert found == Estimate(Decimal(8), Decimal(2), 1, Basis.COHORT, Decimal("1.5"))


def test_sample_has_its_share_of_the_estimate() -> None:
    found = Estimate(Decimal(18), Decimal(9), 2, Basis.COHORT)

    assert found.of(Decimal("0.25")) == {"usd": "4.5000", "hours": "2.250"}


def test_runs_with_these_tools() -> None:
    same, other = run(1, 1, 1), replace(run(2, 1, 1), tools={**TOOLS, "callVariants": "strelka"})

    assert with_tools([same, other], dict(TOOLS)) == [same]
