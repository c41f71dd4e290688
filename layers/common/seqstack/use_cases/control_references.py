"""Show prepared references, and delete versions of them."""

from collections.abc import Iterator

from seqstack.domain.reference.manifest import ReferenceManifest
from seqstack.domain.reference.named import ReferenceName
from seqstack.domain.request_errors import (
    ReferenceInUseError,
    UnknownReferenceError,
    UnreadableReferenceError,
)
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import PREPARE_REFERENCE_NAME
from seqstack.use_cases.ports import References, RunIndexes
from seqstack.use_cases.show_runs import list_runs

_PAGE = 100
_MOST_NAMED = 5


def show_reference(named: ReferenceName, references: References) -> ReferenceManifest:
    """What a version of a reference holds; without a version, the newest.

    Raises:
        UnknownReferenceError: there is none, or it is not whole yet.
        UnreadableReferenceError: this version of the stack can't read its manifest.
    """
    try:
        manifest = references.find(named)
    except ValueError as error:
        raise UnreadableReferenceError(f"{named} can't be read: {error}") from error
    if manifest is None:
        raise UnknownReferenceError(f"there is no reference {named}")
    return manifest


def delete_reference(named: ReferenceName, references: References, ledger: RunIndexes) -> int:
    """Delete a version, also one whose preparation has failed; gives the number of objects.

    A run that is started at this moment may still find the version, and fails when it reads it.

    Raises:
        ReferenceInUseError: a running run reads it, or prepares it; nothing was deleted.
        UnknownReferenceError: there is none.
    """
    users = list(_users(named, ledger))
    if users:
        more = f" and {len(users) - _MOST_NAMED} more" if len(users) > _MOST_NAMED else ""
        raise ReferenceInUseError(
            f"{named} is in use: {', '.join(users[:_MOST_NAMED])}{more}; wait for their ends, or "
            "stop them"
        )
    deleted = references.delete(named)
    if not deleted:
        raise UnknownReferenceError(f"there is no reference {named}")
    return deleted


def _users(named: ReferenceName, ledger: RunIndexes) -> Iterator[str]:
    """The running runs that need the version, each with what it does."""
    cursor: Cursor | None = Cursor()
    while cursor:
        page = list_runs(RunFilter(state=RunState.RUNNING), cursor, _PAGE, ledger)
        for run in page.rows:
            if run.reference == str(named):
                yield f"run {run.run_id} reads it"
            elif run.workflow == PREPARE_REFERENCE_NAME and run.subject == str(named):
                yield f"run {run.run_id} prepares it"
        cursor = page.following
