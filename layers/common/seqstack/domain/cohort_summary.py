"""The summary of a cohort's plan, as JSON."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from seqstack.domain.cohort_estimate import Estimate
from seqstack.domain.cohort_input import CohortInput
from seqstack.domain.cohort_plan import Intent, PlannedSample
from seqstack.domain.cost.money import usd
from seqstack.domain.s3uri import S3Uri


def summary(
    cohort: CohortInput,
    planned: Sequence[PlannedSample],
    warnings: int,
    expected: Estimate | None,
    left_out: int,
    folder: S3Uri,
) -> dict[str, Any]:
    """The plan as the ledger, the state machine's output and the API have it.

    `warnings` is the number of warnings of all samples, `left_out` that of the samples with runs
    which the sheet no longer has; `folder` has the lists of the samples.
    """
    intents = Counter(each.intent for each in planned)
    left = [] if cohort.only_joint else [each for each in planned if each.is_left]
    return {
        "cohortId": cohort.cohort_id,
        "dryRun": cohort.is_dry_run,
        "samples": len(planned),
        "left": len(left),
        **{str(intent): intents[intent] for intent in Intent},
        "inputBytes": sum(each.input_bytes for each in planned),
        "inputBytesLeft": sum(each.input_bytes for each in left),
        "warnings": warnings,
        "leftOut": left_out,
        "maxConcurrency": cohort.max_concurrency,
        "toleratedFailurePercentage": cohort.tolerated_failure_percentage,
        "folder": str(folder),
        "samplesKey": (folder / "samples.jsonl").key,
        "resultsPrefix": f"{folder.key}results",
        "estimate": _as_json(expected),
        **({} if cohort.joint_percentage is None else {"wantsJoint": True}),
    }


def budget_summary(
    budget: Decimal | None, spent: Decimal, expected: Estimate | None
) -> dict[str, Any]:
    """The budget as the plan has it; whether the estimate exceeds it, null if nothing tells."""
    exceeds = None
    if budget is not None and (expected or spent >= budget):
        exceeds = spent + (expected.usd if expected else 0) > budget or spent >= budget
    return {
        "budgetUsd": None if budget is None else str(budget),
        "spentUsd": str(usd(spent)),
        "exceedsBudget": exceeds,
    }


def _as_json(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "usd": str(found.usd),
        "hours": str(found.hours),
        "runs": found.runs,
        "basis": found.basis,
        "priceRatio": None if found.price_ratio is None else str(found.price_ratio),
    }
