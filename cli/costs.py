"""Totals of runs' costs by run, sample, cohort, project or step. Amounts are US dollars."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from math import fsum

from cli.client import RunQuery
from cli.screen.text import moment
from cli.shapes.runs import RunSummary, Step


class By(StrEnum):
    """Keys of totals; with `step`, a run's orchestration counts as a step."""

    RUN = "run"
    SAMPLE = "sample"
    COHORT = "cohort"
    PROJECT = "project"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Total:
    """The total cost of some runs, or of a part of each; the key is empty if they have none.

    Amounts are None if nothing is known; the mean is over the runs with a known cost.
    """

    key: str
    runs: int
    cost_usd: float | None
    usd_per_run: float | None

    @classmethod
    def of(cls, key: str, amounts: Sequence[float | None]) -> "Total":
        """The total of an amount for each run."""
        known = [usd for usd in amounts if usd is not None]
        if not known:
            return cls(key, len(amounts), None, None)
        cost = round(fsum(known), 9)
        return cls(key, len(amounts), cost, cost / len(known))


@dataclass(frozen=True, slots=True)
class Bill:
    """Totals, the highest first, and the total of whole runs.

    They leave out `unpriced_attempts`, whose price is unknown. `open_runs` are running, or ended a
    moment ago: their cost is not complete yet.
    """

    by: By
    totals: tuple[Total, ...]
    whole: Total
    unpriced_attempts: int
    open_runs: int

    @classmethod
    def of(cls, runs: Sequence[RunSummary], by: By) -> "Bill":
        """The bill of these runs."""
        amounts: dict[str, list[float | None]] = defaultdict(list)
        for run in runs:
            for key, usd in _AMOUNTS[by](run).items():
                amounts[key].append(usd)
        totals = [Total.of(key, own) for key, own in amounts.items()]
        return cls(
            by=by,
            totals=tuple(sorted(totals, key=_dearest_first)),
            whole=Total.of("total", [known_usd(run) for run in runs]),
            unpriced_attempts=sum(run["unpricedAttempts"] for run in runs),
            open_runs=sum(not run["costIsComplete"] for run in runs),
        )


def finer_than(query: RunQuery) -> By:
    """What the runs of a query are added up by, if nobody says."""
    if query.sample:
        return By.RUN
    if query.cohort:
        return By.SAMPLE
    return By.COHORT if query.project else By.PROJECT


def started_within(
    runs: Iterable[RunSummary], since: datetime | None, until: datetime | None
) -> Iterator[RunSummary]:
    """Select from runs that come newest first; times without a zone are this machine's."""
    if until is not None:
        end = until.astimezone()
        runs = (run for run in runs if moment(run["startedAt"]) < end)
    if since is not None:
        begin = since.astimezone()
        runs = takewhile(lambda run: moment(run["startedAt"]) >= begin, runs)
    return iter(runs)


def known_usd(costly: RunSummary | Step) -> float | None:
    """The known cost; None if all prices are unknown."""
    return None if costly["unpricedAttempts"] and not costly["costUsd"] else costly["costUsd"]


def _dearest_first(total: Total) -> tuple[bool, float, str]:
    return total.cost_usd is None, -(total.cost_usd or 0.0), total.key


type Amounts = Callable[[RunSummary], Mapping[str, float | None]]


def _of_whole_runs(key: Callable[[RunSummary], str | None]) -> Amounts:
    return lambda run: {key(run) or "": known_usd(run)}


_AMOUNTS: Mapping[By, Amounts] = {
    By.RUN: _of_whole_runs(lambda run: run["runId"]),
    By.SAMPLE: _of_whole_runs(lambda run: run["sampleId"]),
    By.COHORT: _of_whole_runs(lambda run: run["cohortId"]),
    By.PROJECT: _of_whole_runs(lambda run: run["project"]),
    By.STEP: lambda run: run["costUsdByStep"],
}
