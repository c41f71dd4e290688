"""List runs, newest first, by the ledger's indexes; nothing is scanned."""

from seqstack.domain.run_pages import Cursor, RunFilter, RunPage, page_of
from seqstack.domain.words import RunState
from seqstack.use_cases.ports import RunIndexes


def list_runs(wanted: RunFilter, cursor: Cursor, limit: int, ledger: RunIndexes) -> RunPage:
    """One page of the runs that are wanted.

    A sample's, a cohort's or a project's index is asked where one is named; otherwise the index of
    states, for the one state that is wanted or for each.
    """
    reach = limit + len(cursor.seen) + 1
    if wanted.sample_id or wanted.cohort_id or wanted.project:
        found = ledger.newest_runs(wanted, cursor.until, reach)
    else:
        states = [wanted.state] if wanted.state else list(RunState)
        found = [
            row
            for state in states
            for row in ledger.newest_runs(RunFilter(state=state), cursor.until, reach)
        ]
    return page_of(found, cursor, limit)
