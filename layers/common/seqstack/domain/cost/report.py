"""What runs cost, summed up by step, sample, cohort, project and run."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from seqstack.domain.cost.documents import (
    account_document,
    cost_document,
    orchestration_document,
)
from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
from seqstack.domain.words import Step

type Document = dict[str, Any]


class GroupBy(StrEnum):
    """What runs are summed up by; `step` has the orchestration as a group of its own."""

    RUN = "run"
    SAMPLE = "sample"
    COHORT = "cohort"
    PROJECT = "project"
    STEP = "step"


ORCHESTRATION = "orchestration"
_KEYS: Mapping[GroupBy, Callable[[RunRow], str]] = {
    GroupBy.RUN: lambda run: run.run_id,
    GroupBy.SAMPLE: lambda run: run.sample_id,
    GroupBy.COHORT: lambda run: run.cohort_id,
    GroupBy.PROJECT: lambda run: run.project,
}


@dataclass(frozen=True, slots=True)
class GroupCost:
    """The cost of some runs, or of a part of them. An empty `key` is that of runs without one."""

    key: str
    runs: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class RunsCost:
    """The cost of some runs, and of the groups that they are in, the dearest first.

    `open_books` counts the runs whose cost is not whole yet: they go on, or ended a moment ago.
    """

    runs: int
    open_books: int
    cost: Cost
    groups: tuple[GroupCost, ...]

    def as_document(self) -> Document:
        """The same as JSON."""
        return {
            "runs": self.runs,
            "openBooks": self.open_books,
            **cost_document(self.cost),
            "groups": [
                {"key": group.key, "runs": group.runs, **cost_document(group.cost)}
                for group in self.groups
            ],
        }


def cost_of_runs(runs: Iterable[RunRow], by: GroupBy) -> RunsCost:
    """Sum up the runs' costs."""
    rows = list(runs)
    parts: dict[str, list[Cost]] = defaultdict(list)
    for run in rows:
        for key, cost in _parts(run, by):
            parts[key].append(cost)
    groups = [GroupCost(key, len(costs), Cost.total(costs)) for key, costs in parts.items()]
    return RunsCost(
        runs=len(rows),
        open_books=sum(run.orchestration is None for run in rows),
        cost=Cost.total(run.cost or Cost() for run in rows),
        groups=tuple(sorted(groups, key=lambda group: (-group.cost.usd, group.key))),
    )


def _parts(run: RunRow, by: GroupBy) -> Iterable[tuple[str, Cost]]:
    cost = run.cost or Cost()
    if by is not GroupBy.STEP:
        return [(_KEYS[by](run), cost)]
    steps = [(str(step), Cost(run.cost_by_step[step])) for step in Step if step in run.cost_by_step]
    rest = cost.usd - sum((part.usd for _, part in steps), Decimal(0))
    return [*steps, (ORCHESTRATION, Cost(rest))] if run.orchestration else steps


def run_cost_document(history: RunHistory) -> Document:
    """One run's cost by step, job and attempt, as JSON; docs/architecture.md tells of the keys."""
    run = history.run
    known = orchestration_document(run.orchestration) if run.orchestration else None
    return {
        "runId": run.run_id,
        "sampleId": run.sample_id,
        "cohortId": run.cohort_id or None,
        "project": run.project or None,
        "state": run.state,
        "startedAt": run.started_at,
        "endedAt": run.ended_at or None,
        **cost_document(run.cost),
        "orchestration": known,
        "steps": [_step(step, history.jobs) for step in history.steps],
    }


def _step(step: StepRow, jobs: Iterable[JobRow]) -> Document:
    own = [job for job in jobs if job.key.step is step.step]
    return {
        "step": step.step,
        "tool": step.plan.tool,
        "state": step.state,
        "reusedFrom": step.reused_from or None,
        **cost_document(step.cost),
        "jobs": [_job(job) for job in own],
    }


def _job(job: JobRow) -> Document:
    return {
        "attempt": job.key.attempt,
        "jobId": job.job_id or None,
        "state": job.state,
        **(account_document(job.account) if job.account else {}),
    }


def plain(document: Any) -> Any:
    """A document with numbers as JSON has them, in place of Decimal."""
    if isinstance(document, dict):
        return {key: plain(value) for key, value in document.items()}
    if isinstance(document, list):
        return [plain(value) for value in document]
    if isinstance(document, Decimal):
        return int(document) if document == document.to_integral_value() else float(document)
    return document
