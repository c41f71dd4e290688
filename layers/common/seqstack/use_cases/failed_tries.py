"""The failed tries of a step, as the ledger has them."""

from seqstack.domain.job_record import JobKey
from seqstack.domain.next_attempt import FailedTry
from seqstack.use_cases.ports import JobLedger


def failed_tries(key: JobKey, ledger: JobLedger, *, before: bool = False) -> list[FailedTry]:
    """The tries up to `key` since the last redrive, oldest first; `before` leaves `key` out."""
    rows = [ledger.job(one) for one in (*key.earlier, *(() if before else (key,)))]
    return [
        FailedTry(row.job_queue, row.memory_mib, row.failure.error)
        for row in rows
        if row and row.failure
    ]
