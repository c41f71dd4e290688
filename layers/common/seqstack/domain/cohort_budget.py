"""A cohort's cost so far and to come, and what its budget has left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from seqstack.domain.cohort_estimate import Basis, estimate
from seqstack.domain.cohort_plan import Intent
from seqstack.domain.cohort_record import CohortRow, is_run_of
from seqstack.domain.cohorts import EndedCohort, newest_of_samples, of_samples
from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import RunRow

BUDGET_MET = "BudgetMet"
"""The error of a cohort's execution that has not started a sample for its budget."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a cohort's execution has left to do.

    Attributes:
        not_started: samples of its plan without a run of this execution.
        usd: what these, and those that are running, are estimated to cost from now on, in US
            dollars; None if no run tells.
    """

    not_started: int
    usd: Decimal | None


def outlook(row: CohortRow, runs: Iterable[RunRow]) -> Outlook | None:
    """What is left of the execution's plan, from the runs of the cohort; None without a plan.

    A run that failed is not to come: the next execution plans it again.
    """
    if not row.plan:
        return None
    own = [run for run in of_samples(runs) if is_run_of(row.cohort_id, run.run_id)]
    started = sum(run.started_at >= row.opened_at for run in own)
    planned = row.plan[Intent.NEW] + row.plan[Intent.AGAIN]
    ended = [run for run in own if run.ended_at >= row.opened_at]  # none has an end while running
    left = max(0, row.plan["inputBytesLeft"] - sum(run.input_bytes for run in ended))
    begun = Cost.total(run.cost for run in own if run.cost and not run.state.is_terminal)
    whole = _estimate(row, left, own)
    to_come = None if whole is None else max(Decimal(0), whole - begun.usd)
    return Outlook(max(0, planned - started), None if to_come is None else round(to_come, 2))


def _estimate(row: CohortRow, left: int, own: Iterable[RunRow]) -> Decimal | None:
    """From the cohort's own runs, else by its plan's estimate."""
    if not left:
        return Decimal(0)
    if found := estimate(left, own, Basis.COHORT):
        return found.usd
    planned = row.plan["estimate"]
    if planned is None:
        return None
    share = Decimal(left) / Decimal(row.plan["inputBytesLeft"])
    return Decimal(planned["usd"]) * share


def end_of_execution(row: CohortRow, runs: Sequence[RunRow]) -> EndedCohort:
    """The end of a cohort's execution that had a plan, from all runs of the cohort."""
    left = outlook(row, runs)
    return EndedCohort(
        row.cohort_id,
        row.plan["samples"],
        newest_of_samples(runs),
        number=row.ends,
        ended_as=row.state,
        not_started=left.not_started if left else 0,
        budget_usd=row.budget_usd if row.has_held_back else None,
    )


def cost_of_runs(cohort_id: str, runs: Iterable[RunRow]) -> Decimal:
    """US dollars that are known as the cost of the runs that the cohort has started."""
    return Cost.total(run.cost for run in runs if run.cost and is_run_of(cohort_id, run.run_id)).usd


def budget_cause(budget_usd: Decimal, not_started: int) -> str:
    """What a cohort's end says of its budget."""
    samples = "1 sample was" if not_started == 1 else f"{not_started:,} samples were"
    return (
        f"the budget of {budget_usd:f} USD is met, and {samples} not started; "
        "resume the cohort with a larger one"
    )
