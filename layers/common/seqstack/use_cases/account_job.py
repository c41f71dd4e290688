"""Account for a job: the hosts, usage and cost of its attempts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from seqstack.domain.cost.account import AttemptAccount, JobAccount, account_attempt
from seqstack.domain.cost.batch_attempts import Asked, BatchAttempt
from seqstack.domain.cost.hosts import Host
from seqstack.domain.cost.usage import Usage
from seqstack.domain.job_record import JobRecord
from seqstack.domain.records import utc_text
from seqstack.use_cases.ports import CostLedger, DescribeHost, ReadLog
from seqstack.use_cases.price_host import Prices

# between the usage and the log's end are last lines of a failed tool, and our own
_LOG_LINES = 100
# longer than a run can take, with time to account for it
_HOST_DAYS = 21
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Accountant:
    """The services for accounts; `now` is in seconds since the epoch."""

    ledger: CostLedger
    describe_host: DescribeHost
    prices: Prices
    read_log: ReadLog
    now: int

    def note_host(self, container_instance: str) -> Host:
        """Record a host while it exists: a terminated instance can't be described."""
        known = self.ledger.host(container_instance) or Host()
        if known.is_known or not container_instance:
            return known
        found = self.describe_host(container_instance)
        if found == Host():
            return known
        expires_at = self.now + _HOST_DAYS * _SECONDS_PER_DAY
        self.ledger.keep_host(container_instance, found, expires_at)
        return found

    def account(self, detail: Mapping[str, Any]) -> JobAccount | None:
        """Account for an ended job from its JobDetail; safe to repeat, which can fill in unknown
        values.

        Returns:
            The account, or None for a job that belongs to no run.
        """
        job = JobRecord.from_batch(detail)
        row = self.ledger.job(job.key) if job.key else None
        if row is None or row.job_id not in {"", job.job_id}:
            return None
        asked = Asked.from_batch(detail)
        attempts = [self._account(attempt, asked) for attempt in BatchAttempt.all_of(detail)]
        account = JobAccount(tuple(attempts)).filled_from(row.account)
        if account != row.account:  # otherwise a repeated event
            self.ledger.record_account(row.key, account, row.account, job.cohort_id)
        self.check_budget(job.cohort_id)
        return account

    def check_budget(self, cohort_id: str) -> None:
        """Let no further sample of the cohort start, if it has spent its budget."""
        if cohort_id:
            self.ledger.meet_budget(cohort_id, utc_text(datetime.fromtimestamp(self.now, UTC)))

    def _account(self, attempt: BatchAttempt, asked: Asked) -> AttemptAccount:
        host = self.note_host(attempt.container_instance)
        if attempt.started_at is None:
            return account_attempt(attempt, asked, host, None, None, None)
        return account_attempt(
            attempt,
            asked,
            host,
            self.prices.shape(host.instance_type),
            self.prices.price(host, attempt.started_at, attempt.stopped_at),
            Usage.from_log(self.read_log(attempt.log_stream, _LOG_LINES)),
        )
