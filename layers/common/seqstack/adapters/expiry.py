"""How long the rows of a finished run stay in the ledger."""

from datetime import datetime, timedelta

from seqstack.adapters import settings
from seqstack.adapters.ledger import Ledger


def set_expiry(run_id: str, now: datetime, ledger: Ledger) -> None:
    """Let a finished run leave the ledger after the days that the stack's parameter says.

    One that goes on stays: it may have been redriven since the caller heard of its end.
    """
    days = settings.days_until_expiry()
    if days and ledger.run(run_id).state.is_terminal:
        ledger.expire_run(run_id, int((now + timedelta(days=days)).timestamp()))
