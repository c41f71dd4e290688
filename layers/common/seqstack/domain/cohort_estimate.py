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
    """

    usd: Decimal
    hours: Decimal
    runs: int
    basis: Basis


def estimate(left_bytes: int, runs: Iterable[RunRow], basis: Basis) -> Estimate | None:
    """What so many bytes of reads will take; None if no run tells.

    A run tells if it ran every step itself, and its whole cost is known.
    """
    found = [
        (run.input_bytes, run.cost.usd, _seconds(run))
        for run in runs
        if run.state is RunState.SUCCEEDED
        and run.input_bytes
        and run.cost
        and not run.cost.unpriced_attempts
        and run.cost_by_step.keys() >= run.tools.keys()
    ]
    total = sum(size for size, _, _ in found)
    if not total:
        return None
    share = Decimal(left_bytes) / Decimal(total)
    usd = sum((cost for _, cost, _ in found), Decimal(0)) * share
    seconds = Decimal(sum(seconds for _, _, seconds in found)) * share
    return Estimate(round(usd, 2), round(seconds / 3600, 1), len(found), basis)


def with_tools(runs: Iterable[RunRow], tools: Mapping[StepName, ToolName]) -> list[RunRow]:
    """The runs whose steps and tools are these."""
    return [run for run in runs if run.tools == tools]


def _seconds(run: RunRow) -> float:
    begin, end = map(datetime.fromisoformat, (run.started_at, run.ended_at))
    return (end - begin).total_seconds()
