"""What runs cost, added up: by run, sample, cohort, project or step. Amounts are US dollars."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum

from cli.shapes import RunSummary


class By(StrEnum):
    """What costs can be added up by; `step` has a run's orchestration as a step of its own."""

    RUN = "run"
    SAMPLE = "sample"
    COHORT = "cohort"
    PROJECT = "project"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Total:
    """What some runs cost together, or a part of each; the key is empty where they have none."""

    key: str
    runs: int
    cost_usd: float

    @property
    def usd_per_run(self) -> float:
        """The mean over the runs."""
        return self.cost_usd / self.runs


@dataclass(frozen=True, slots=True)
class Bill:
    """Totals, the dearest first, and their sum.

    The sum leaves out `unpriced_attempts`, whose price nobody knows. `open_runs` go on, or ended
    a moment ago: not all that they cost is known yet.
    """

    by: By
    totals: tuple[Total, ...]
    runs: int
    cost_usd: float
    unpriced_attempts: int
    open_runs: int

    @classmethod
    def of(cls, runs: Sequence[RunSummary], by: By) -> "Bill":
        """What these runs cost."""
        amounts: dict[str, list[float]] = defaultdict(list)
        for run in runs:
            for key, usd in _AMOUNTS[by](run).items():
                amounts[key].append(usd)
        totals = [Total(key, len(own), _sum(own)) for key, own in amounts.items()]
        return cls(
            by=by,
            totals=tuple(sorted(totals, key=lambda total: (-total.cost_usd, total.key))),
            runs=len(runs),
            cost_usd=_sum([run["costUsd"] or 0.0 for run in runs]),
            unpriced_attempts=sum(run["unpricedAttempts"] for run in runs),
            open_runs=sum(not run["costIsComplete"] for run in runs),
        )


def _whole(key: Callable[[RunSummary], str | None]) -> Callable[[RunSummary], dict[str, float]]:
    return lambda run: {key(run) or "": run["costUsd"] or 0.0}


_AMOUNTS: Mapping[By, Callable[[RunSummary], Mapping[str, float]]] = {
    By.RUN: _whole(lambda run: run["runId"]),
    By.SAMPLE: _whole(lambda run: run["sampleId"]),
    By.COHORT: _whole(lambda run: run["cohortId"]),
    By.PROJECT: _whole(lambda run: run["project"]),
    By.STEP: lambda run: run["costUsdByStep"],
}


def _sum(amounts: Sequence[float]) -> float:
    return round(fsum(amounts), 9)
