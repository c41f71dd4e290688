"""Plan the joint call of a cohort's samples that have succeeded; nothing is started."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seqstack.domain.cohort_input import CohortInput
from seqstack.domain.cohort_plan import Intent, content_id, next_run
from seqstack.domain.errors import InvalidCohortError, UnknownRunError
from seqstack.domain.gvcf_list import ListedGvcf
from seqstack.domain.joint_run import joint_layout
from seqstack.domain.qc_list import LISTED, ListedQc
from seqstack.domain.records import RunRow
from seqstack.domain.reference.named import KEY as REFERENCE
from seqstack.domain.results import GVCF, QC_REPORT
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import MAX_LIST_BYTES, ListedFile, list_text
from seqstack.domain.words import RunState
from seqstack.tools.registry import Tool
from seqstack.use_cases.find_void import void_runs
from seqstack.use_cases.ports import CohortLedger, FindObjects, ReadWhole, WriteObject

JOINT = "joint"
"""The key of a cohort's plan with its joint call."""
_SHOWN = 5
_HOSTS = ("jobDefinition", "jobQueue")
"""Of MultiQC's block: title and memory are those of a sample's report."""
_OBJECTS = ("referenceS3Path", "annotationS3Path", "annotationDatabaseS3Path")
# of the runs' shared input
_TAKEN = (
    *_OBJECTS,
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
    """A sample whose run has succeeded, its gVCF, and its files of quality control."""

    run: RunRow
    gvcf: ListedGvcf
    qc: ListedQc


def plan_joint(
    cohort: CohortInput, execution_arn: str, results_bucket: str, services: JointServices
) -> dict[str, Any]:
    """Write the lists of gVCFs and QC files, and record the joint call in the cohort's row.

    Returns:
        `isLeft`, and the `runId` and `input` of the run to start or follow; or, if none is to be
        made, the `message` that says why. `report` is where MultiQC's report of all samples goes;
        or `reportMessage` says why none is made.

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
        history = ledger.history(line["runId"])
    except UnknownRunError:  # it was not started
        return None
    run = history.run
    written = [item for step in history.steps for item in step.written]
    found = [item for item in written if item.uri.key.endswith(f"/{GVCF}")]
    if run.state is not RunState.SUCCEEDED or not found:
        return None
    gvcf = found[0]
    root = S3Uri(gvcf.uri.bucket, gvcf.uri.key.removesuffix(GVCF))
    files = {item.uri: ListedFile(item.size, item.etag) for item in written}
    qc = {path: files[root / path] for path in LISTED if root / path in files}
    return _Called(
        run,
        ListedGvcf(run.sample_id, gvcf.uri, gvcf.size, gvcf.etag),
        ListedQc(run.sample_id, root, qc),
    )


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
    folder = S3Uri(bucket, f"cohorts/{cohort.cohort_id}/{JOINT}/")
    texts = [list_text(each.gvcf for each in runs)]
    content = content_id(document, texts)
    # by what is merged alone: the same gVCFs are merged once, whether a report is made or not
    listed = folder / f"{content.rpartition('-')[2]}.jsonl"
    services.write_once(listed, texts[0].encode())
    document["gvcfsS3Path"] = str(listed)
    root = joint_layout(
        S3Uri.parse(results), services.find_objects([listed]).identities[listed]
    ).root
    told = {"reportMessage": _why_no_report(runs)}
    if not told["reportMessage"]:
        texts.append(list_text(each.qc for each in runs))
        block = cohort.run.get(str(Tool.MULTIQC), {})
        document[str(Tool.MULTIQC)] = {key: block[key] for key in _HOSTS if key in block}
        content = content_id(document, texts)
        qc_files = folder / f"{content.rpartition('-')[2]}.qc.jsonl"
        services.write_once(qc_files, texts[1].encode())
        document["qcFilesS3Path"] = str(qc_files)
        told = {"report": str(root / QC_REPORT)}
    own = [S3Uri.parse(document[key]) for key in _OBJECTS if key in document]
    since = max(services.find_objects(own).modified.values(), default="") if own else ""
    earlier = [run for run in services.ledger.runs_of_cohort(cohort.cohort_id) if not run.sample_id]
    void = void_runs(earlier, services.find_objects, since)
    run_id, intent = next_run(content, earlier, void)
    return {
        "isLeft": intent is not Intent.DONE,
        "isMade": True,
        "runId": run_id,
        "intent": str(intent),
        "results": str(root),
        **told,
        "input": document,
    }


def _why_no_report(runs: Sequence[_Called]) -> str:
    """Why MultiQC's report of all samples can't be made; empty if it can."""
    lacking = [each.qc for each in runs if each.qc.missing]
    if not lacking:
        return ""
    names = ", ".join(each.sample_id for each in lacking[:_SHOWN])
    more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
    return (
        f"no MultiQC report of all samples: the runs of {names}{more} recorded no "
        f"{lacking[0].missing[0]}"
    )
