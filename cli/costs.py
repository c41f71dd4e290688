"""What runs cost, added up: by run, sample, cohort, project or step. Amounts are US dollars."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import fsum

from cli.shapes import RunDetail, RunSummary


class By(StrEnum):
    """What costs can be added up by."""

    RUN = "run"
    SAMPLE = "sample"
    COHORT = "cohort"
    PROJECT = "project"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Item:
    """One amount that is added to others; None while nobody knows it."""

    key: str
    run_id: str
    usd: float | None
    unpriced_attempts: int


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of some items; `unpriced_attempts` are those whose price nobody knows."""

    key: str
    runs: int
    cost_usd: float
    unpriced_attempts: int

    @property
    def usd_per_run(self) -> float:
        """The mean over the runs."""
        return self.cost_usd / self.runs if self.runs else 0.0


ORCHESTRATION = "orchestration"
"""The key of what a run cost beside its steps' jobs."""

_KEYS: dict[By, Callable[[RunSummary], str | None]] = {
    By.RUN: lambda run: run["runId"],
    By.SAMPLE: lambda run: run["sampleId"],
    By.COHORT: lambda run: run["cohortId"],
    By.PROJECT: lambda run: run["project"],
}


def run_items(runs: Iterable[RunSummary], by: By) -> Iterator[Item]:
    """Each run as an item; an empty key is of runs that have no such thing."""
    for run in runs:
        yield Item(_KEYS[by](run) or "", run["runId"], run["costUsd"], run["unpricedAttempts"])


def step_items(run: RunDetail) -> Iterator[Item]:
    """A run's steps as items, and what it cost beside them."""
    for step in run["steps"]:
        yield Item(step["step"], run["runId"], step["costUsd"], step["unpricedAttempts"])
    beside = orchestration_usd(run)
    if beside is not None:
        yield Item(ORCHESTRATION, run["runId"], beside, 0)


def orchestration_usd(run: RunDetail) -> float | None:
    """What a run cost beside its jobs: transitions, calls and requests; None before it is known.

    The run's own amount holds it as soon as the run's books are closed.
    """
    if run["costUsd"] is None:
        return None
    rest = run["costUsd"] - fsum(step["costUsd"] or 0.0 for step in run["steps"])
    return round(rest, 9) if rest > 1e-9 else None


def totals(items: Iterable[Item]) -> list[Total]:
    """Items of the same key added up, the dearest first."""
    by_key: dict[str, list[Item]] = {}
    for item in items:
        by_key.setdefault(item.key, []).append(item)
    sums = [total_of(key, of_key) for key, of_key in by_key.items()]
    return sorted(sums, key=lambda total: (-total.cost_usd, total.key))


def total_of(key: str, items: Iterable[Item]) -> Total:
    """All these items added up."""
    known = list(items)
    return Total(
        key,
        len({item.run_id for item in known}),
        round(fsum(item.usd or 0.0 for item in known), 9),
        sum(item.unpriced_attempts for item in known),
    )
