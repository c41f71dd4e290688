"""Tell what runs cost: one of them, or those of a sample, a cohort or a project."""

from dataclasses import dataclass

from seqstack.domain.cost.report import GroupBy, RunsCost, cost_of_runs
from seqstack.domain.records import RunRow
from seqstack.use_cases.ports import RunLedger


@dataclass(frozen=True, slots=True)
class CostScope:
    """Which runs are meant: those that fit every field that is given; one of three must be.

    `started_after` is a time as `utc_text` writes it, or its beginning, such as `2026-01`.
    """

    sample_id: str = ""
    cohort_id: str = ""
    project: str = ""
    started_after: str = ""

    def has(self, run: RunRow) -> bool:
        """True for a run that is meant."""
        wanted = (
            (self.sample_id, run.sample_id),
            (self.cohort_id, run.cohort_id),
            (self.project, run.project),
        )
        return all(not asked or asked == own for asked, own in wanted)


def cost_report(scope: CostScope, by: GroupBy, ledger: RunLedger) -> RunsCost:
    """Sum up what the runs of a scope cost, by one Query of an index.

    Raises:
        ValueError: the scope names neither sample nor cohort nor project.
    """
    runs = _runs(scope, ledger)
    return cost_of_runs([run for run in runs if scope.has(run)], by)


def _runs(scope: CostScope, ledger: RunLedger) -> list[RunRow]:
    """The runs of the narrowest index that the scope names."""
    if scope.sample_id:
        return ledger.runs_of_sample(scope.sample_id, scope.started_after)
    if scope.cohort_id:
        return ledger.runs_of_cohort(scope.cohort_id, scope.started_after)
    if scope.project:
        return ledger.runs_of_project(scope.project, scope.started_after)
    raise ValueError("name a sample, a cohort or a project")
