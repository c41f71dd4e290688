"""What the runs of a cohort will take, by bytes of reads, from runs that have succeeded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState, StepName, ToolName


class Basis(StrEnum):
    """The runs that an estimate is made from."""

    COHORT = "cohort"
    TOOLS = "tools"
    """Earlier runs with the same tools, of the cohort's project if it has one."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the runs that are left will take.

    Attributes:
        usd: cost, in US dollars.
        hours: the sum of the runs' hours, which run at the same time.
        runs: the number of runs that it is based on.
        basis: which runs.
        price_ratio: what their jobs would cost at today's Spot prices, as a multiple of what they
            have cost; `usd` is at today's prices. None if today's prices are unknown: then `usd`
            is at the prices of then.
    """

    usd: Decimal
    hours: Decimal
    runs: int
    basis: Basis
    price_ratio: Decimal | None = None

    def of(self, share: Decimal) -> dict[str, str]:
        """A sample's share of it, as JSON."""
        return {"usd": str(round(self.usd * share, 4)), "hours": str(round(self.hours * share, 3))}


def telling(runs: Iterable[RunRow]) -> list[RunRow]:
    """The runs that tell what a sample takes.

    They have succeeded, ran every step themselves, and their whole cost is known.
    """
    return [
        run
        for run in runs
        if run.state is RunState.SUCCEEDED
        and run.input_bytes
        and run.cost
        and not run.cost.unpriced_attempts
        and run.cost_by_step.keys() >= run.tools.keys()
    ]


def estimate(
    left_bytes: int, runs: Iterable[RunRow], basis: Basis, price_ratio: Decimal | None = None
) -> Estimate | None:
    """What so many bytes of reads will take; None if no run tells."""
    found = telling(runs)
    if not found:
        return None
    share = Decimal(left_bytes) / sum(run.input_bytes for run in found)
    usd = sum((_usd(run, price_ratio or Decimal(1)) for run in found), Decimal(0)) * share
    seconds = Decimal(sum(map(_seconds, found))) * share
    return Estimate(round(usd, 2), round(seconds / 3600, 1), len(found), basis, price_ratio)


def with_tools(runs: Iterable[RunRow], tools: Mapping[StepName, ToolName]) -> list[RunRow]:
    """The runs whose steps and tools are these."""
    return [run for run in runs if run.tools == tools]


def _usd(run: RunRow, price_ratio: Decimal) -> Decimal:
    """The run's cost, with its jobs at other prices; orchestration has one price."""
    jobs = sum(run.cost_by_step.values(), Decimal(0))
    return (run.cost.usd if run.cost else Decimal(0)) + jobs * (price_ratio - 1)


def _seconds(run: RunRow) -> float:
    begin, end = map(datetime.fromisoformat, (run.started_at, run.ended_at))
    return (end - begin).total_seconds()
