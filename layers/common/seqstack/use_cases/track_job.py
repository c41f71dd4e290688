"""Follow a job by its state-change events: ledger first, then the waiting state machine."""

from seqstack.domain.job_record import JobRecord
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState
from seqstack.use_cases.answer_token import answer_token
from seqstack.use_cases.ports import JobLedger, ReadLog, Remember, TellMove, TokenAnswers
from seqstack.use_cases.record_job import record_job


def track_job(
    job: JobRecord,
    ledger: JobLedger,
    tokens: TokenAnswers,
    read_log: ReadLog,
    remember: Remember,
    tell_move: TellMove,
) -> JobRow | None:
    """Record the event; at the job's end answer the token that waits for it.

    Events come late, twice and out of order; what the ledger knows already is not changed, and
    a repeated last event answers only a token that has no answer yet. What a job has made is
    remembered after the answer: where that fails, nobody waits for it, and a repeated event makes
    up for it.

    Returns:
        The job's row, or None for a job that no run of ours has submitted.
    """
    row = ledger.job(job.key) if job.key else None
    if row is None:
        return None
    row = record_job(row, job, ledger, read_log, tell_move)
    answer_token(row, ledger, tokens)
    if row.state is JobState.SUCCEEDED:
        remember(row, ledger.step(row.key.run_id, row.key.step).plan)
    return row
