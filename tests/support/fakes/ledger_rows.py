"""The rows of the ledger in memory."""

from dataclasses import dataclass, field

from seqstack.domain.claims import Claim, Waiting
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cost.hosts import Host
from seqstack.domain.job_record import JobKey
from seqstack.domain.notifications import NotificationId, NotificationRecord
from seqstack.domain.records import JobRow, RunRow, StepRow
from seqstack.domain.words import StepName


@dataclass
class LedgerRows:
    """Rows in dictionaries by their keys."""

    runs: dict[str, RunRow] = field(default_factory=dict)
    steps: dict[tuple[str, StepName], StepRow] = field(default_factory=dict)
    jobs: dict[JobKey, JobRow] = field(default_factory=dict)
    progress: dict[JobKey, int] = field(default_factory=dict)
    redriven: dict[tuple[str, StepName], int] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    cohorts: dict[str, CohortRow] = field(default_factory=dict)
    notifications: dict[NotificationId, NotificationRecord] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    waits: dict[tuple[str, str, StepName], Waiting] = field(default_factory=dict)
