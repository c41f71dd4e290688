"""Errors of users' requests, other than in the input of a run."""

from seqstack.domain.errors import SeqStackError
from seqstack.domain.words import RunState


class NoProjectsError(SeqStackError):
    """The stack confines callers to their projects, and this caller has none."""


class AllProjectsOnlyError(SeqStackError):
    """The stack confines callers to their projects, and this is for those who have all of them."""


class RunNameTakenError(SeqStackError):
    """An execution of this name exists, or existed in the last 90 days."""


class KeyReusedError(SeqStackError):
    """An idempotency key that has started a run was sent again with another input."""


class RunHasEndedError(SeqStackError):
    """The run has ended, so it can't be stopped."""

    def __init__(self, run_id: str, state: RunState) -> None:
        self.state = state
        super().__init__(f"run {run_id} has ended: {state}")


class RunIsRunningError(SeqStackError):
    """The run is running, so it can't be resumed."""


class RunForgottenError(SeqStackError):
    """Step Functions no longer has the run's input: it ended more than 90 days ago."""


class NoLogError(SeqStackError):
    """The step has no log, or it was deleted."""


class UnknownReferenceError(SeqStackError):
    """There is no such prepared reference."""


class UnreadableReferenceError(SeqStackError):
    """The reference's manifest is none that this version of the stack can read."""


class ReferenceInUseError(SeqStackError):
    """A running run reads the reference, or prepares it."""


class PageTokenError(SeqStackError):
    """A page token is invalid."""


class UnknownCohortError(SeqStackError):
    """There is no such cohort."""


class CohortIsRunningError(SeqStackError):
    """An execution of the cohort is running, so no other can start."""


class CohortHasEndedError(SeqStackError):
    """The cohort has ended, so it can't be stopped."""
