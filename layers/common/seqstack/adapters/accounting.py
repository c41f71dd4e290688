"""The accountant of a function: its sources, as the function's environment names them."""

import time
from functools import partial

from seqstack.adapters import settings
from seqstack.adapters.hosts import describe_host
from seqstack.adapters.job_logs import last_log_lines
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.market import Market
from seqstack.adapters.price_cache import PriceCache
from seqstack.domain.cost.table import packaged_table
from seqstack.use_cases.account_job import Accountant
from seqstack.use_cases.price_host import Prices


def accountant() -> Accountant:
    """An accountant at this moment."""
    now = time.time()
    table = settings.ledger_table()
    return Accountant(
        Ledger(table),
        describe_host,
        Prices(PriceCache(table), Market(settings.region()), packaged_table(), now=int(now * 1000)),
        partial(last_log_lines, settings.job_log_group()),
        now=int(now),
    )
