"""Cohorts: which one a run belongs to, and when a cohort has ended."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import RunRow
from seqstack.domain.words import CohortState, RunState
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME

# as in input.schema.json, whose validator is slow to load
NAME = "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
PROJECT = "[A-Za-z0-9][A-Za-z0-9_.:/=+@-]{0,63}"
MAX_COHORT = 100_000


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """The run's sample and cohort from an input that may be invalid otherwise; empty if absent."""

    sample_id: str = ""
    cohort_id: str = ""
    cohort_size: int = 0
    project: str = ""

    @classmethod
    def of(cls, document: object) -> "RunIdentity":
        """Read any input; values that the schema does not allow are left out."""
        found = document if isinstance(document, dict) else {}
        size = found.get("cohortSize", 0)
        is_size = type(size) is int and 0 < size <= MAX_COHORT
        names = _name(found.get("sampleId")), _name(found.get("cohortId"))
        return cls(*names, size if is_size else 0, _name(found.get("project"), PROJECT))


def _name(value: object, pattern: str = NAME) -> str:
    return value if isinstance(value, str) and re.fullmatch(pattern, value) else ""


@dataclass(frozen=True, slots=True)
class EndedCohort:
    """A cohort that has ended: the newest run of each of its samples, by their start.

    `number` counts the ends of the cohort's executions; 0 without one. `state` is that of the last
    one; without one, it follows from the runs. `not_started` counts the samples that this one has
    not started, and `budget_usd` is the budget that it has met, if it has.
    """

    cohort_id: str
    size: int
    runs: tuple[RunRow, ...]
    number: int = 0
    ended_as: CohortState | None = None
    not_started: int = 0
    budget_usd: Decimal | None = None

    @property
    def state(self) -> CohortState:
        """SUCCEEDED if every sample is."""
        return self.ended_as or (CohortState.FAILED if self.failed else CohortState.SUCCEEDED)

    @property
    def failed(self) -> tuple[RunRow, ...]:
        """Those that did not succeed."""
        return tuple(run for run in self.runs if run.state is not RunState.SUCCEEDED)

    @property
    def states(self) -> Counter[RunState]:
        """The number of samples in each state."""
        return Counter(run.state for run in self.runs)

    @property
    def cost(self) -> Cost | None:
        """The known cost of these runs so far."""
        known = [run.cost for run in self.runs if run.cost]
        return Cost.total(known) if known else None

    @property
    def started_at(self) -> str:
        """When the first of these runs started; empty if none has."""
        return min((run.started_at for run in self.runs), default="")

    @property
    def ended_at(self) -> str:
        """When the last of them ended; empty if none has started."""
        return max((run.ended_at for run in self.runs), default="")


def of_samples(runs: Iterable[RunRow]) -> list[RunRow]:
    """The runs of samples: a cohort's joint calls are runs, too."""
    return [run for run in runs if run.workflow == SECONDARY_ANALYSIS_NAME]


def ended_cohort(cohort_id: str, runs: Iterable[RunRow]) -> EndedCohort | None:
    """The end of a cohort, from all its runs, or None while it is running.

    It has ended when all its samples were started and none of its runs is running. A sample that
    was started again counts once, with its last run. A run whose input names no sample counts as a
    separate sample. A cohort without a size never ends.
    """
    known = of_samples(runs)
    size = max((run.cohort_size for run in known), default=0)
    newest = newest_of_samples(known)
    is_over = all(run.state.is_terminal for run in known)
    if not size or not is_over or len(newest) < size:
        return None
    return EndedCohort(cohort_id, size, newest)


def newest_of_samples(runs: Iterable[RunRow]) -> tuple[RunRow, ...]:
    """The newest run of each sample of the sheet, and every run whose input names no sample."""
    listed = [run for run in of_samples(runs) if not run.is_left_out]
    known = sorted(listed, key=lambda run: run.started_at)
    return tuple({run.sample_id or f"run {run.run_id}": run for run in known}.values())
