"""Builders of inputs, plans, ledger rows and AWS Batch's records, valid by default."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.manifest import StoredObject
from seqstack.domain.plan import JobDefinition, StackDefaults, StepPlan
from seqstack.domain.records import JobRow, RunRow, StepRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.run_input import RunInput
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.scratch import ScratchRules
from seqstack.domain.words import JobState, RunState, Step, StepName, StepState
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

EVENTS = Path(__file__).parents[2] / "events"
SOURCE_BUCKET = "amzn-s3-demo-source-bucket"
RESULTS_BUCKET = "amzn-s3-demo-destination-bucket"
RUN_ID = "NA12878-exome-1"
EXECUTION_ARN = f"arn:aws:states:us-east-1:123456789012:execution:secondary_analysis-dev:{RUN_ID}"
STARTED_AT = "2025-06-02T09:30:00.125Z"
JOB_ID = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8"
LOG_STREAM = "bwa/default/5c4d2d1c9b7e4f7a8a3f2f1e0d9c8b7a"
HIGH = "arn:aws:batch:us-east-1:123456789012:job-queue/highPriority-dev"
LOW = "arn:aws:batch:us-east-1:123456789012:job-queue/lowPriority-dev"
ON_DEMAND = "arn:aws:batch:us-east-1:123456789012:job-queue/onDemand-dev"
ALIGN = JobKey(RUN_ID, Step.ALIGN, 1)
FOLDERS = {tool: tool.definition.folder for tool in Tool}


def read_event(path: str) -> Any:
    """The JSON of one file below events/, such as `track_job/failed.json`."""
    return json.loads((EVENTS / path).read_text())


def original_input() -> dict[str, Any]:
    """The original workflow's input with its `<…>` filled in, for environment `dev`."""
    text = (EVENTS / "secondary_analysis/original.json").read_text()
    filled = text.replace("<bucket>", RESULTS_BUCKET).replace("<account-id>", "123456789012")
    document: dict[str, Any] = json.loads(filled.replace("-myenv", "-dev"))
    return document


def exome_input(**changes: Any) -> dict[str, Any]:
    """One lane through bwa, bcftools, samtools stats and snpEff with genes; None drops a key."""
    document = {
        "sampleId": "NA12878",
        "fastq1S3Path": f"s3://{SOURCE_BUCKET}/fastq/NA12878_1.fastq.gz",
        "fastq2S3Path": f"s3://{SOURCE_BUCKET}/fastq/NA12878_2.fastq.gz",
        "referenceS3Path": f"s3://{SOURCE_BUCKET}/reference/genome.fa",
        "annotationS3Path": f"s3://{SOURCE_BUCKET}/reference/genes.gff3.gz",
        "resultsS3Path": f"s3://{RESULTS_BUCKET}/results",
        "bwa": {},
        "bcftools": {},
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def run_input(document: dict[str, Any] | None = None) -> RunInput:
    """`document`, or the exome's, as values; it must be valid."""
    checked = CheckedInput.of(document or exome_input(), RESULTS_BUCKET)
    assert checked.problems == ()
    return checked.as_run_input()


def stack_defaults() -> StackDefaults:
    """The defaults of the stack of environment `dev`."""
    high = {Step.ALIGN, Step.CALL_VARIANTS}
    return StackDefaults(
        job_queues={tool: HIGH if tool.step in high else LOW for tool in Tool},
        on_demand_queue=ON_DEMAND,
        job_definitions={tool: f"{folder}-dev" for tool, folder in FOLDERS.items()},
        scratch=ScratchRules(gib_per_vcpu=45, max_gib=1440),
    )


def job_definition(
    name: str, vcpus: int = 4, memory_mib: int = 8192, timeout_seconds: int = 0
) -> JobDefinition:
    """Revision 1 of a job definition."""
    arn = f"arn:aws:batch:us-east-1:123456789012:job-definition/{name}:1"
    return JobDefinition(arn, f"repository/{name}:0.1.0", vcpus, memory_mib, timeout_seconds)


def step_plan(step: StepName = Step.ALIGN, **changes: Any) -> StepPlan:
    """The plan of one step, by the step's default tool."""
    tool = SECONDARY_ANALYSIS.default_tools[step]
    layout = ResultLayout(S3Uri(RESULTS_BUCKET, "results/"), "NA12878")
    values: dict[str, Any] = {
        "step": step,
        "position": SECONDARY_ANALYSIS.step_names.index(step),
        "tool": tool,
        "job_queue": stack_defaults().job_queues[tool],
        "on_demand_queue": ON_DEMAND,
        "job_definition": job_definition(f"{FOLDERS[tool]}-dev").arn,
        "image": job_definition(f"{FOLDERS[tool]}-dev").image,
        "vcpus": 16,
        "memory_mib": 28672,
        "scratch_gib": 40,
        "command": ("--sample_id", "NA12878", "--memory", "28"),
        "inputs": (S3Uri(SOURCE_BUCKET, "fastq/NA12878_1.fastq.gz"),),
        "outputs": SECONDARY_ANALYSIS.outputs(step, layout),
        "submitter": "exomecore",
        **changes,
    }
    return StepPlan(**values)


def written_objects(plan: StepPlan, content: str = "") -> tuple[StoredObject, ...]:
    """The outputs of a job of the plan, with a name for their content; the provenance is last."""
    return tuple(
        StoredObject(uri, 10, f"etag{content}", _sha256(f"{uri}{content}"), f"version{content}")
        for uri in plan.outputs
    )


def _sha256(text: str) -> str:
    return f"SHA256:{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def step_row(step: StepName = Step.ALIGN, **changes: Any) -> StepRow:
    """A pending step."""
    values: dict[str, Any] = {"run_id": RUN_ID, "plan": step_plan(step), **changes}
    return StepRow(**values)


def run_row(**changes: Any) -> RunRow:
    """A run that has just been opened."""
    values: dict[str, Any] = {
        "run_id": RUN_ID,
        "sample_id": "NA12878",
        "state": RunState.RUNNING,
        "started_at": STARTED_AT,
        "execution_arn": EXECUTION_ARN,
        "results": f"s3://{RESULTS_BUCKET}/results/",
        "tools": SECONDARY_ANALYSIS.default_tools,
        "submitter": "exomecore",
        **changes,
    }
    return RunRow(**values)


def job_row(**changes: Any) -> JobRow:
    """The first try of `align`, submitted, with a waiting token."""
    values: dict[str, Any] = {
        "key": ALIGN,
        "tool": Tool.BWA,
        "state": JobState.SUBMITTED,
        "task_token": "token-1",
        "job_queue": HIGH,
        "memory_mib": 28672,
        "job_id": JOB_ID,
        **changes,
    }
    return JobRow(**values)


def all_steps() -> list[StepRow]:
    """The steps of a run that has just been opened."""
    return [step_row(step, state=StepState.PENDING) for step in SECONDARY_ANALYSIS.step_names]


def job_detail(status: str, **changes: Any) -> dict[str, Any]:
    """A JobDetail as in DescribeJobs and events; `container` is merged, not replaced."""
    container = {"image": "repository/bwa:0.1.0", "command": [], **changes.pop("container", {})}
    return {
        "jobArn": f"arn:aws:batch:us-east-1:123456789012:job/{JOB_ID}",
        "jobName": f"{RUN_ID}-align-1",
        "jobId": JOB_ID,
        "jobQueue": HIGH,
        "status": status,
        "attempts": [],
        "createdAt": 1_748_856_605_000,
        "dependsOn": [],
        "jobDefinition": "arn:aws:batch:us-east-1:123456789012:job-definition/bwa-dev:1",
        "parameters": {"runId": RUN_ID, "step": "align", "attempt": "1"},
        "container": container,
        "isCancelled": False,
        "isTerminated": False,
        **changes,
    }


def job_record(status: str, **changes: Any) -> JobRecord:
    """The same as a value."""
    return JobRecord.from_batch(job_detail(status, **changes))


def attempt(exit_code: int | None = None, reason: str = "", status_reason: str = "") -> Any:
    """One entry of a job's `attempts`: a Batch attempt that has ended."""
    container: dict[str, Any] = {"logStreamName": LOG_STREAM}
    if exit_code is not None:
        container["exitCode"] = exit_code
    if reason:
        container["reason"] = reason
    return {
        "container": container,
        "startedAt": 1_748_856_800_000,
        "stoppedAt": 1_748_860_400_000,
        "statusReason": status_reason or "Essential container in task exited",
    }
