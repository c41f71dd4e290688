"""List runs, newest first, by the ledger's indexes; nothing is scanned."""

from seqstack.domain.run_pages import Cursor, RunFilter, RunPage, page_of
from seqstack.use_cases.ports import RunIndexes


def list_runs(wanted: RunFilter, cursor: Cursor, limit: int, ledger: RunIndexes) -> RunPage:
    """One page of the runs that are wanted."""
    return page_of(ledger.newest_runs(wanted, cursor, limit + 1), limit)
