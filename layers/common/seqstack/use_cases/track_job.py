"""Record a job's state-change events: first in the ledger, then answer the task token."""

from seqstack.domain.job_record import JobRecord
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState
from seqstack.use_cases.answer_token import answer_token
from seqstack.use_cases.hold_results import wake_waiting
from seqstack.use_cases.ports import (
    Ledger,
    OnStateChange,
    ReadLog,
    Remember,
    TokenAnswers,
    WrittenBy,
)
from seqstack.use_cases.record_job import record_job


def track_job(
    job: JobRecord,
    ledger: Ledger,
    tokens: TokenAnswers,
    read_log: ReadLog,
    written_by: WrittenBy,
    remember: Remember,
    on_state_change: OnStateChange,
) -> JobRow | None:
    """Record the event; at the job's end answer the token that waits for it.

    Events may arrive late, twice and out of order; known states are not changed, and a repeated
    last event answers only an unanswered token. A job's outputs are recorded in its step's row
    before the answer, and cached for other runs after it; if that fails, a repeated event does it.

    Returns:
        The job's row, or None for a job that no run of ours has submitted.
    """
    row = ledger.job(job.key) if job.key else None
    if row is None:
        return None
    row = record_job(row, job, ledger, read_log, on_state_change, written_by)
    answer_token(row, ledger, tokens)
    if row.state is JobState.SUCCEEDED:
        remember(row, ledger.history(row.key.run_id))
        wake_waiting(row.key.run_id, ledger, tokens, row.key.step)
    return row
