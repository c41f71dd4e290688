"""The prices of hosts, from the ledger, AWS and the packaged table."""

import time

from seqstack.adapters.ec2 import Market
from seqstack.adapters.price_cache import PriceCache
from seqstack.adapters.settings import FunctionSettings
from seqstack.domain.cost.table import packaged_table
from seqstack.use_cases.price_host import Prices


def prices_of(settings: FunctionSettings) -> Prices:
    """The prices, with the present time."""
    now = int(time.time() * 1000)
    return Prices(PriceCache(settings.ledger_table), Market(), packaged_table(), now)
