"""Estimate what the runs of a cohort will take, at today's Spot prices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from seqstack.domain.cohort_estimate import Basis, Estimate, estimate, telling, with_tools
from seqstack.domain.cost.account import AttemptAccount
from seqstack.domain.cost.hosts import PurchaseOption
from seqstack.domain.cost.prices import SPOT_HISTORY
from seqstack.domain.records import RunHistory, RunRow
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.words import RunState, StepName, ToolName
from seqstack.use_cases.ports import RunIndexes
from seqstack.use_cases.price_host import Prices

# runs of the stack to estimate from, before the cohort has its own
_NEWEST = 100
# runs whose jobs are compared with today's prices, by one query each
_PRICED = 20
_MS = 1000


@dataclass(frozen=True, slots=True)
class Estimator:
    """What an estimate needs: the ledger's runs, a run with its jobs, and prices of today."""

    runs: RunIndexes
    history: Callable[[str], RunHistory]
    prices: Prices

    def estimate(
        self,
        left_bytes: int,
        earlier: Iterable[RunRow],
        tools: Mapping[StepName, ToolName],
        project: str,
    ) -> Estimate | None:
        """From the cohort's `earlier` runs, else from the newest ones with its tools.

        None if no run tells.
        """
        basis, known = Basis.COHORT, telling(earlier)
        if not known:
            wanted = RunFilter(state=RunState.SUCCEEDED, project=project)
            newest = self.runs.newest_runs(wanted, Cursor(), _NEWEST)
            basis, known = Basis.TOOLS, telling(with_tools(newest, tools))
        ratio = self._price_ratio(known) if left_bytes else None
        return estimate(left_bytes, known, basis, ratio)

    def _price_ratio(self, runs: Iterable[RunRow]) -> Decimal | None:
        """The cost of the newest runs' jobs at today's prices, as a multiple of their cost."""
        newest = sorted(runs, key=lambda run: run.started_at, reverse=True)[:_PRICED]
        pairs = [
            (one.cost_usd, today)
            for run in newest
            for one in _attempts(self.history(run.run_id))
            if one.cost_usd and (today := self._today(one)) is not None
        ]
        then = sum((cost for cost, _ in pairs), Decimal(0))
        today = sum((cost for _, cost in pairs), Decimal(0))
        return round(today / then, 3) if then else None

    def _today(self, one: AttemptAccount) -> Decimal | None:
        """An attempt's cost at today's price; None if one of both prices is only assumed."""
        if one.host.purchase_option is not PurchaseOption.SPOT:
            return one.cost_usd
        now = self.prices.now
        shape = self.prices.shape(one.host.instance_type)
        price = self.prices.price(one.host, now, now)
        if shape is None or price is None or {price.source, one.price_source} != {SPOT_HISTORY}:
            return None
        share = shape.share_of(one.asked.vcpus, one.asked.memory_mib)
        return share * price.of_period(now, now + one.attempt.run_seconds * _MS)


def _attempts(history: RunHistory) -> Iterator[AttemptAccount]:
    for job in history.jobs:
        yield from job.account.attempts if job.account else ()
