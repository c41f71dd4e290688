"""How long the rows of a finished run stay in the ledger."""

from datetime import datetime, timedelta

from seqstack.adapters import settings
from seqstack.adapters.ledger import Ledger


def let_expire(run_id: str, now: datetime, ledger: Ledger) -> None:
    """Let a finished run leave the ledger after the days that the stack's parameter says."""
    if days := settings.days_until_expiry():
        ledger.expire_run(run_id, int((now + timedelta(days=days)).timestamp()))
