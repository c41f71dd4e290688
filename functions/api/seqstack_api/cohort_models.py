"""Models of cohorts, as JSON."""

from decimal import Decimal
from typing import Any, Self

from pydantic import Field

from seqstack.domain.cohort_estimate import Basis
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.words import CohortState
from seqstack.use_cases.control_cohorts import CohortView
from seqstack_api.answer import Answer
from seqstack_api.cost_models import CostUsd, UnpricedAttempts, unpriced, usd
from seqstack_api.models import FailureModel


class EstimateModel(Answer):
    """What the runs that are left will take, by bytes of reads."""

    usd: float = Field(description="US dollars")
    hours: float = Field(description="the sum of the runs' hours, many of which pass together")
    runs: int = Field(description="the number of runs that it is based on")
    basis: Basis = Field(
        default=Basis.COHORT,
        description="which runs: of this `cohort`, or earlier ones with the same `tools`",
    )
    price_ratio: float | None = Field(
        default=None,
        description="what their jobs would cost at the day's Spot prices, as a multiple of what "
        "they have cost: `usd` is at these prices; null if the prices were unknown",
    )


class JointModel(Answer):
    """One VCF of a cohort's samples."""

    samples: int = Field(description="samples that have succeeded, which it is made of")
    of: int = Field(description="samples of the sheet")
    min_samples_percentage: float = Field(description="the share that must have succeeded")
    run_id: str | None = Field(default=None, description="its run; null if none is made")
    results: str | None = Field(default=None, description="S3 folder of its results")
    message: str | None = Field(default=None, description="why none is made")
    report: str | None = Field(
        default=None, description="S3 URI of MultiQC's report of all samples, which its run writes"
    )
    report_message: str | None = Field(default=None, description="why there is no such report")


class CohortPlan(Answer):
    """The plan for a sheet that was found to be usable."""

    samples: int = Field(description="samples of the sheet")
    left: int = Field(description="samples whose runs are to be started or followed")
    new: int = Field(description="those that have not run with this content")
    again: int = Field(description="those whose last run did not succeed")
    follow: int = Field(description="those whose run is running")
    done: int = Field(description="samples whose run has succeeded")
    input_bytes: int = Field(description="size of all reads")
    input_bytes_left: int = Field(description="size of the reads of the samples that are left")
    warnings: int = Field(description="what is suspicious; `plan.jsonl` lists it")
    left_out: int = Field(
        default=0,
        description="samples with runs that the sheet no longer has; report, status and "
        "notification leave them out",
    )
    max_concurrency: int = Field(description="samples that run at the same time")
    tolerated_failure_percentage: float = Field(
        description="the share of samples that may fail before the others are stopped"
    )
    folder: str = Field(description="S3 folder with `plan.jsonl`")
    estimate: EstimateModel | None = Field(
        description="null if no sample of the cohort, nor a run with its tools, has succeeded"
    )
    budget_usd: float | None = Field(default=None, description="US dollars; null without a budget")
    spent_usd: float | None = Field(
        default=None, description="US dollars that the cohort's runs had cost before"
    )
    exceeds_budget: bool | None = Field(
        default=None,
        description="whether the estimate exceeds what is left of the budget; null if unknown",
    )
    joint: JointModel | None = Field(
        default=None,
        description="the joint VCF; null if none is wanted, or the samples have not ended",
    )


class CohortSummary(Answer):
    """A cohort's newest execution, as the ledger has it."""

    cohort_id: str
    execution: str = Field(description="the execution's name")
    state: CohortState = Field(description="SUCCEEDED once all samples of the sheet have succeeded")
    created_at: str | None = Field(
        description="UTC, ISO 8601: when its first execution started; null for a dry run, and "
        "until this execution has begun to check the sheet"
    )
    started_at: str = Field(description="UTC, ISO 8601")
    ended_at: str | None = Field(description="UTC, ISO 8601; null while it is running")
    sheet_s3_path: str
    sheet_version: str | None = Field(description="the sheet's ETag; null until it was read")
    project: str | None = Field(description="whom the cost is for")
    plan: CohortPlan | None = Field(description="null until the sheet was checked")
    failure: FailureModel | None = Field(
        description="why it has not succeeded; `BudgetMet` if samples were not started for the "
        "budget alone"
    )
    budget_usd: float | None = Field(
        description="US dollars; once the cohort's runs have cost as much, no further sample starts"
    )
    budget_met_at: str | None = Field(description="UTC, ISO 8601; null while it is not met")

    @classmethod
    def of_row(cls, row: CohortRow) -> Self:
        """A cohort of a list as JSON."""
        return cls(**_of_row(row))


class CohortList(Answer):
    """A page of cohorts, newest first."""

    cohorts: list[CohortSummary]
    next_token: str | None = Field(description="give it as `nextToken` to get the next page")


class CohortModel(CohortSummary):
    """A cohort's newest execution, with its samples and costs."""

    is_dry_run: bool
    samples: dict[str, int] = Field(
        description="numbers of samples by the states of their newest runs"
    )
    not_started: int | None = Field(
        description="samples of the plan that have not been started; null without a plan"
    )
    cost_usd: CostUsd
    unpriced_attempts: UnpricedAttempts
    cost_to_come_usd: float | None = Field(
        description="estimate, in US dollars, for the samples that are running or not started; "
        "null if there is no run to estimate from"
    )

    @classmethod
    def of(cls, view: CohortView) -> Self:
        """A cohort as JSON."""
        left = view.outlook
        return cls(
            **_of_row(view.row),
            is_dry_run=view.row.is_dry_run,
            samples={str(state): number for state, number in view.samples.items()},
            not_started=left.not_started if left else None,
            cost_usd=usd(view.cost),
            unpriced_attempts=unpriced(view.cost),
            cost_to_come_usd=_float(left.usd if left else None),
        )


def _of_row(row: CohortRow) -> dict[str, Any]:
    """The fields of `CohortSummary`."""
    return {
        "cohort_id": row.cohort_id,
        "execution": row.execution_arn.rpartition(":")[2],
        "state": row.state,
        "created_at": row.created_at or None,
        "started_at": row.opened_at,
        "ended_at": row.ended_at or None,
        "sheet_s3_path": row.sheet,
        "sheet_version": row.sheet_version or None,
        "project": row.project or None,
        "plan": CohortPlan.model_validate(row.plan) if row.plan else None,
        "failure": FailureModel.of(row.failure),
        "budget_usd": _float(row.budget_usd),
        "budget_met_at": row.budget_met_at or None,
    }


def _float(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
