"""Plan the joint call of a cohort's samples that have succeeded; nothing is started."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from seqstack.domain.cohort_input import CohortInput
from seqstack.domain.cohort_plan import Intent, content_id, next_run
from seqstack.domain.errors import InvalidCohortError, UnknownRunError
from seqstack.domain.gvcf_list import MAX_LIST_BYTES, ListedGvcf, list_text
from seqstack.domain.joint_run import joint_layout
from seqstack.domain.records import RunRow
from seqstack.domain.reference.named import KEY as REFERENCE
from seqstack.domain.results import GVCF
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step
from seqstack.tools.registry import Tool
from seqstack.use_cases.ports import CohortLedger, FindObjects, ReadWhole, WriteObject

JOINT = "joint"
"""The key of a cohort's plan with its joint call."""
# of the runs' shared input
_TAKEN = (
    *("referenceS3Path", "annotationS3Path", "annotationDatabaseS3Path"),
    *("geneticCodes", "annotationLeftOut", "requesterPays"),
    *("submitter", "project", "cache", "failOnWarnings", str(Tool.SNPEFF)),
)


@dataclass(frozen=True, slots=True)
class JointServices:
    """What planning a joint call needs of AWS."""

    ledger: CohortLedger
    read_whole: ReadWhole
    write_once: WriteObject
    find_objects: FindObjects


@dataclass(frozen=True, slots=True)
class _Called:
    """A sample whose run has succeeded, and its gVCF."""

    run: RunRow
    gvcf: ListedGvcf


def plan_joint(
    cohort: CohortInput, execution_arn: str, results_bucket: str, services: JointServices
) -> dict[str, Any]:
    """Write the list of gVCFs, and record the joint call in the cohort's row.

    Returns:
        `isLeft`, and the `runId` and `input` of the run to start or follow; or, if none is to be
        made, the `message` that says why.

    Raises:
        InvalidCohortError: the cohort's row is not of this execution, or has no plan.
    """
    row = services.ledger.cohort(cohort.cohort_id)
    if row is None or row.execution_arn != execution_arn or not row.plan:
        raise InvalidCohortError(
            [f"cohort {cohort.cohort_id} is not being run by this execution"], ""
        )
    samples = list(_planned(S3Uri.parse(row.plan["folder"]) / "plan.jsonl", services.read_whole))
    called = [each for line in samples if (each := _called(line, services.ledger))]
    needed = cohort.joint_percentage or 0.0
    known = {"samples": len(called), "of": len(samples), "minSamplesPercentage": needed}
    if why := _why_not(called, len(samples), needed):
        made: dict[str, Any] = {"isLeft": False, "isMade": False, "message": why}
    else:
        made = _plan(cohort, called, results_bucket, services)
    noted = {key: value for key, value in {**known, **made}.items() if key != "input"}
    services.ledger.note_cohort_plan(replace(row, plan={**row.plan, JOINT: noted}))
    return {**known, **made}


def _planned(uri: S3Uri, read_whole: ReadWhole) -> Iterator[Mapping[str, Any]]:
    answer = read_whole(uri, MAX_LIST_BYTES)
    if isinstance(answer, str):
        raise InvalidCohortError([f"{uri} {answer}"], "")
    for line in answer[0].splitlines():
        yield json.loads(line)


def _called(line: Mapping[str, Any], ledger: CohortLedger) -> _Called | None:
    """A sample of the plan, if its run has succeeded."""
    try:
        run = ledger.run(line["runId"])
        step = ledger.step(run.run_id, Step.CALL_VARIANTS)
    except UnknownRunError:  # it was not started
        return None
    found = [item for item in step.written if item.uri.key.endswith(f"/{GVCF}")]
    if run.state is not RunState.SUCCEEDED or not found:
        return None
    gvcf = found[0]
    return _Called(run, ListedGvcf(run.sample_id, gvcf.uri, gvcf.size, gvcf.etag))


def _why_not(called: list[_Called], samples: int, percentage: float) -> str:
    """Why no joint VCF can be made; empty if one can."""
    needed = max(1, math.ceil(samples * percentage / 100))
    if len(called) < needed:
        have = f"{len(called)} of {samples} samples have succeeded"
        return f"no joint VCF: {have}, and it needs {needed}"
    return ""


def _plan(
    cohort: CohortInput, called: Iterable[_Called], bucket: str, services: JointServices
) -> dict[str, Any]:
    """The run for these samples; its id is a hash of its content (decision 45)."""
    runs = list(called)
    results = str(
        cohort.run.get("resultsS3Path", f"s3://{bucket}/results/cohorts/{cohort.cohort_id}")
    )
    document = {
        "cohortId": cohort.cohort_id,
        **{key: cohort.run[key] for key in _TAKEN if key in cohort.run},
        "resultsS3Path": results,
    }
    if REFERENCE in cohort.run:  # as the samples were run, though there may be a newer version now
        document[REFERENCE] = runs[0].run.reference
    text = list_text(each.gvcf for each in runs)
    content = content_id(document, [text])
    listed = S3Uri(bucket, f"cohorts/{cohort.cohort_id}/{JOINT}/{content.rpartition('-')[2]}.jsonl")
    services.write_once(listed, text.encode())
    run_id, intent = next_run(content, services.ledger.runs_of_cohort(cohort.cohort_id))
    identity = services.find_objects([listed]).identities[listed]
    return {
        "isLeft": intent is not Intent.DONE,
        "isMade": True,
        "runId": run_id,
        "intent": str(intent),
        "results": str(joint_layout(S3Uri.parse(results), identity).root),
        "input": {**document, "gvcfsS3Path": str(listed)},
    }
