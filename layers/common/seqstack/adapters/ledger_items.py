"""The ledger's rows as DynamoDB items, and back.

One table. `pk` is `RUN#<runId>`; `sk` is `RUN`, `STEP#<step>` or `JOB#<step>#<attempt>`, so that
one Query returns a run with all its steps and jobs. Only items that belong to an index have its
keys (`jobId`; `runState`, `runSample`, `cohortId` and `project` with `startedAt`); a step has a
`project` too, but without `startedAt` it is in no index.
"""

import json
from collections.abc import Mapping
from typing import Any

from seqstack.domain.cost.documents import (
    account_of,
    cost_of,
    orchestration_of,
    step_costs_of,
)
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import JobRow, RunRow, StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import INPUT, StepWarning, parse_warnings
from seqstack.domain.words import JobState, RunState, Step, StepName, StepState
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME
from seqstack.workflows.registry import in_order

type Item = dict[str, Any]

RUN_SK = "RUN"
STEP_PREFIX = "STEP#"
JOB_PREFIX = "JOB#"
_WARNINGS = "Warnings"
_REMEMBERED = "Remembered"
# Earlier versions stored no positions, and had only these steps.
_EARLIER_POSITIONS: dict[StepName, int] = {
    Step.ALIGN: 0,
    Step.CALL_VARIANTS: 1,
    Step.ANNOTATE: 2,
    Step.ALIGNMENT_STATS: 3,
}
IS_NEWER_REDRIVE = "attribute_exists(pk) AND (attribute_not_exists(redrive) OR redrive < :redrive)"


def run_key(run_id: str) -> Item:
    """The primary key of a run."""
    return {"pk": f"RUN#{run_id}", "sk": RUN_SK}


def step_key(run_id: str, step: StepName) -> Item:
    """The primary key of a step."""
    return {"pk": f"RUN#{run_id}", "sk": f"{STEP_PREFIX}{step}"}


def job_key(key: JobKey) -> Item:
    """The primary key of a job; two digits keep more than nine attempts in order."""
    return {"pk": f"RUN#{key.run_id}", "sk": f"{JOB_PREFIX}{key.step}#{key.attempt:02}"}


def warnings_attribute(origin: str) -> str:
    """The attribute of a run's row with the warnings of a step, or of the input."""
    return f"{origin}{_WARNINGS}"


def _run_warnings(item: Mapping[str, Any], workflow: str) -> dict[str, tuple[StepWarning, ...]]:
    """Read a run's warnings: the input's first, then those of its steps in their order."""
    origins = {key.removesuffix(_WARNINGS) for key in item if key.endswith(_WARNINGS)}
    ordered = [*(origins & {INPUT}), *in_order(workflow, origins - {INPUT})]
    return {origin: parse_warnings(item[warnings_attribute(origin)]) for origin in ordered}


def remembered_attribute(step: StepName) -> str:
    """The attribute of a run's row with the newest attempt of a step that is remembered."""
    return f"{step}{_REMEMBERED}"


def failure_value(failure: Failure) -> Item:
    """A failure as an attribute's value."""
    return {"error": failure.error, "cause": failure.cause}


def stored_value(stored: StoredObject) -> Item:
    """An object in S3 as an attribute's value; unknown fields are left out."""
    value = {
        "uri": str(stored.uri),
        "size": stored.size,
        "etag": stored.etag,
        "checksum": stored.checksum,
        "versionId": stored.version_id,
    }
    return {name: known for name, known in value.items() if known != ""}


def stored_object(value: Mapping[str, Any]) -> StoredObject:
    """Read an object in S3."""
    return StoredObject(
        uri=S3Uri.parse(value["uri"]),
        size=int(value["size"]),
        etag=value["etag"],
        checksum=value.get("checksum", ""),
        version_id=value.get("versionId", ""),
    )


def run_item(run: RunRow) -> Item:
    """A new run's item."""
    return {
        **run_key(run.run_id),
        "runId": run.run_id,
        "workflow": run.workflow,
        "sampleId": run.sample_id,
        "runState": run.state,
        "startedAt": run.started_at,
        "executionArn": run.execution_arn,
        "resultsS3Path": run.results,
        "resultsFolder": run.results_folder,
        "workKey": run.work_key,
        "submitter": run.submitter,
        "tools": {str(step): str(tool) for step, tool in run.tools.items()},
        "stateMachineVersion": run.state_machine_version,
        "images": {str(step): image for step, image in run.images.items()},
        "toolVersions": {str(step): dict(found) for step, found in run.tool_versions.items()},
        **({"runSample": run.sample_id} if run.sample_id else {}),  # an index key can't be empty
        **({"subject": run.subject} if run.subject else {}),
        **({"inputBytes": run.input_bytes} if run.input_bytes else {}),
        **({"reference": run.reference} if run.reference else {}),
        **({"qcGates": json.dumps(run.qc_gates)} if run.qc_gates else {}),  # text keeps its numbers
        **cohort_attributes(run),
        **_project(run.project),
        **{
            warnings_attribute(origin): [each.as_document() for each in found]
            for origin, found in run.warnings.items()
        },
        **({"tags": dict(run.tags)} if run.tags else {}),
    }


def cohort_attributes(run: RunRow) -> Item:
    """A run's cohort; empty for a run without one, because an index key can't be empty."""
    if not run.cohort_id:
        return {}
    size = {"cohortSize": run.cohort_size} if run.cohort_size else {}
    return {"cohortId": run.cohort_id, **size}


def step_item(step: StepRow) -> Item:
    """A new step's item."""
    plan = step.plan
    return {
        **step_key(step.run_id, plan.step),
        "runId": step.run_id,
        "step": plan.step,
        "tool": plan.tool,
        "state": step.state,
        "attempt": step.attempt,
        "jobQueue": plan.job_queue,
        "onDemandQueue": plan.on_demand_queue,
        "jobDefinition": plan.job_definition,
        "image": plan.image,
        "imageDigest": plan.image_digest,
        "vcpus": plan.vcpus,
        "memoryMib": plan.memory_mib,
        "scratchGib": plan.scratch_gib,
        "command": list(plan.command),
        "inputs": [str(uri) for uri in plan.inputs],
        "outputs": [str(uri) for uri in plan.outputs],
        "submitter": plan.submitter,
        "useCache": plan.use_cache,
        "failsOnWarnings": plan.fails_on_warnings,
        "position": plan.position,
        "expectedSeconds": plan.expected_seconds,
        "timeoutSeconds": plan.timeout_seconds,
        **({"ofCohort": plan.cohort_id} if plan.cohort_id else {}),
        **_project(plan.project),
    }


def job_item(job: JobRow) -> Item:
    """A new job's item; it has no `jobId` until Batch has returned one."""
    return {
        **job_key(job.key),
        "runId": job.key.run_id,
        "step": job.key.step,
        "attempt": job.key.attempt,
        "tool": job.tool,
        "jobQueue": job.job_queue,
        "memoryMib": job.memory_mib,
        "state": job.state,
        "progress": job.state.rank,
        "taskToken": job.task_token,
        "tokenAnswered": job.token_answered,
    }


def run_row(item: Mapping[str, Any]) -> RunRow:
    """Read a run's item."""
    workflow = item.get("workflow", SECONDARY_ANALYSIS_NAME)
    return RunRow(
        run_id=item["runId"],
        sample_id=item.get("sampleId", ""),
        state=RunState(item["runState"]),
        started_at=item.get("startedAt", ""),
        execution_arn=item.get("executionArn", ""),
        results=item.get("resultsS3Path", ""),
        results_folder=item.get("resultsFolder", ""),
        work_key=item.get("workKey", ""),
        tools=item.get("tools", {}),
        ended_at=item.get("endedAt", ""),
        failure=failure_of(item),
        redrive=int(item.get("redrive", 0)),
        cohort_id=item.get("cohortId", ""),
        cohort_size=int(item.get("cohortSize", 0)),
        project=item.get("project", ""),
        submitter=item.get("submitter", ""),
        tags=item.get("tags", {}),
        cost=cost_of(item),
        cost_by_step=step_costs_of(item),
        orchestration=orchestration_of(item),
        state_machine_version=item.get("stateMachineVersion", ""),
        images=item.get("images", {}),
        tool_versions=item.get("toolVersions", {}),
        remembered={
            name.removesuffix(_REMEMBERED): int(attempt)
            for name, attempt in item.items()
            if name.endswith(_REMEMBERED)
        },
        warnings=_run_warnings(item, workflow),
        workflow=workflow,
        subject=item.get("subject", ""),
        input_bytes=int(item.get("inputBytes", 0)),
        reference=item.get("reference", ""),
        qc_gates=json.loads(item.get("qcGates", "{}")),
        metrics=json.loads(item.get("qcMetrics", "{}")),
        report=stored_object(item["report"]) if "report" in item else None,
        crate=tuple(map(stored_object, item.get("crate", ()))),
        is_left_out=item.get("leftOut", False),
    )


def step_row(item: Mapping[str, Any]) -> StepRow:
    """Read a step's item."""
    return StepRow(
        run_id=item["runId"],
        plan=StepPlan(
            step=item["step"],
            tool=item["tool"],
            job_queue=item["jobQueue"],
            on_demand_queue=item["onDemandQueue"],
            job_definition=item["jobDefinition"],
            image=item["image"],
            vcpus=int(item["vcpus"]),
            memory_mib=int(item["memoryMib"]),
            scratch_gib=int(item["scratchGib"]),
            command=tuple(item["command"]),
            inputs=tuple(map(S3Uri.parse, item["inputs"])),
            outputs=tuple(map(S3Uri.parse, item["outputs"])),
            submitter=item["submitter"],
            use_cache=item["useCache"],
            project=item.get("project", ""),
            image_digest=item["imageDigest"],
            fails_on_warnings=item.get("failsOnWarnings", False),
            position=int(item.get("position", _EARLIER_POSITIONS.get(item["step"], 0))),
            expected_seconds=int(item.get("expectedSeconds", 0)),
            timeout_seconds=int(item.get("timeoutSeconds", 0)),
            cohort_id=item.get("ofCohort", ""),
        ),
        state=StepState(item["state"]),
        attempt=int(item["attempt"]),
        failure=failure_of(item),
        reused_from=item.get("reusedFrom", ""),
        written=tuple(map(stored_object, item.get("written", ()))),
        warnings=parse_warnings(item.get("warnings", ())),
        cost=cost_of(item),
    )


def job_row(item: Mapping[str, Any]) -> JobRow:
    """Read a job's item."""
    return JobRow(
        key=JobKey(item["runId"], item["step"], int(item["attempt"])),
        tool=item["tool"],
        state=JobState(item["state"]),
        task_token=item["taskToken"],
        job_queue=item["jobQueue"],
        memory_mib=int(item["memoryMib"]),
        token_answered=item["tokenAnswered"],
        job_id=item.get("jobId", ""),
        batch_attempts=int(item.get("batchAttempts", 0)),
        status_reason=item.get("statusReason", ""),
        exit_code=_whole(item.get("exitCode")),
        log_stream=item.get("logStream", ""),
        created_at=_whole(item.get("createdAt")),
        started_at=_whole(item.get("jobStartedAt")),
        stopped_at=_whole(item.get("jobStoppedAt")),
        failure=failure_of(item),
        account=account_of(item),
    )


def _project(name: str) -> Item:
    return {"project": name} if name else {}  # an index key can't be empty


def failure_of(item: Mapping[str, Any]) -> Failure | None:
    """Read the attribute `failure`, if the item has one."""
    value = item.get("failure")
    return Failure(value["error"], value["cause"]) if value else None


def _whole(number: object) -> int | None:
    return None if number is None else int(str(number))
