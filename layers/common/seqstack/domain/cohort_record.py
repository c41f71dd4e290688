"""A cohort's row in the ledger, and which runs are its own."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from seqstack.domain.failures import Failure
from seqstack.domain.words import CohortState


@dataclass(frozen=True, slots=True)
class CohortRow:
    """A cohort's newest execution, or its newest dry run. Times are as in `utc_text`.

    Attributes:
        cohort_id: the cohort.
        execution_arn: the execution.
        state: SUCCEEDED once every sample of the sheet has succeeded; for a dry run, once the sheet
            is found to be usable.
        opened_at: when the execution started.
        sheet: the sheet, an S3 URI.
        is_dry_run: true for a dry run, which has a row of its own.
        project: whom the runs' cost is for, if given.
        sheet_version: the sheet's ETag, once it was read.
        plan: what was planned, as `summary` of `use_cases.validate_cohort` has it, once the sheet
            is found to be usable.
        ended_at: when the execution ended.
        failure: why it has not succeeded.
        budget_usd: the cost from which on no further sample starts, if there is one.
        cost_before: what earlier runs of the cohort cost that its sums of costs lack, because a
            version without these sums has accounted for them.
        budget_met_at: when the cost has reached the budget; empty before.
        has_held_back: whether a sample was not started for it.
        ends: how many executions of the cohort have ended; each end has a notification.
        created_at: when its first execution started, by which lists are in order; empty for a dry
            run, and before the execution has opened the row.
    """

    cohort_id: str
    execution_arn: str
    state: CohortState
    opened_at: str
    sheet: str
    is_dry_run: bool = False
    project: str = ""
    sheet_version: str = ""
    plan: Mapping[str, Any] = field(default_factory=dict)
    ended_at: str = ""
    failure: Failure | None = None
    budget_usd: Decimal | None = None
    cost_before: Decimal = Decimal(0)
    budget_met_at: str = ""
    has_held_back: bool = False
    ends: int = 0
    created_at: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """Its place in a list."""
        return self.created_at, self.cohort_id

    @property
    def long_texts(self) -> object:
        """What can be long in an answer."""
        return [self.failure.cause if self.failure else "", dict(self.plan)]


def is_run_of(cohort_id: str, run_id: str) -> bool:
    """Whether an execution of the cohort has started this run."""
    return run_id.startswith(run_prefix(cohort_id))


def run_prefix(cohort_id: str) -> str:
    """The first characters of the ids of a cohort's runs."""
    return f"c-{content_hash(cohort_id, 8)}-"


def content_hash(value: object, characters: int) -> str:
    """The first hexadecimal characters of a hash of any JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:characters]
