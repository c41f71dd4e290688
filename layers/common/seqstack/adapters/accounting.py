"""The accountant and the bookkeeper of a function, with all their sources."""

import time
from functools import partial

from seqstack.adapters.batch import Batch
from seqstack.adapters.execution_history import count_executions
from seqstack.adapters.hosts import describe_host
from seqstack.adapters.job_logs import last_log_lines
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.market import Market
from seqstack.adapters.price_cache import PriceCache
from seqstack.domain.cost.table import packaged_table
from seqstack.use_cases.account_job import Accountant
from seqstack.use_cases.account_runs import Bookkeeper
from seqstack.use_cases.price_host import Prices


def accountant(ledger_table: str, job_log_group: str) -> Accountant:
    """An accountant at this moment."""
    now = time.time()
    return Accountant(
        Ledger(ledger_table),
        describe_host,
        Prices(PriceCache(ledger_table), Market(), packaged_table(), now=int(now * 1000)),
        partial(last_log_lines, job_log_group),
        now=int(now),
    )


def bookkeeper(ledger_table: str, job_log_group: str) -> Bookkeeper:
    """A bookkeeper at this moment."""
    return Bookkeeper(
        Ledger(ledger_table),
        accountant(ledger_table, job_log_group),
        Batch().detail,
        count_executions,
    )
