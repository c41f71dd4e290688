"""A cohort's row in the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seqstack.domain.failures import Failure
from seqstack.domain.words import RunState


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
    """

    cohort_id: str
    execution_arn: str
    state: RunState
    opened_at: str
    sheet: str
    is_dry_run: bool = False
    project: str = ""
    sheet_version: str = ""
    plan: Mapping[str, Any] = field(default_factory=dict)
    ended_at: str = ""
    failure: Failure | None = None
