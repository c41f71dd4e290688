"""Descriptions of a job in the Batch API and in events.

https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html and
https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
"""

import copy
import uuid
from datetime import UTC, datetime
from typing import Any

from emulator.engine.batch.job import Job


def detail(job: Job) -> dict[str, Any]:
    """Describe a job as DescribeJobs does (`JobDetail`); unknown values are left out."""
    submission = job.submission
    definition = submission.definition
    retry = submission.retry_strategy or definition.retry_strategy or {}
    propagate = submission.propagate_tags
    fields = {
        "jobArn": job.arn,
        "jobName": submission.job_name,
        "jobId": job.job_id,
        "jobQueue": submission.queue.arn,
        "status": job.status.value,
        "shareIdentifier": submission.share_identifier,
        "schedulingPriority": submission.scheduling_priority,
        "attempts": job.attempts,
        "statusReason": job.status_reason,
        "createdAt": job.created_at,
        "retryStrategy": {
            "attempts": job.retry.attempts,
            "evaluateOnExit": retry.get("evaluateOnExit") or [],
        },
        "startedAt": job.started_at,
        "stoppedAt": job.stopped_at,
        "dependsOn": list(submission.depends_on),
        "jobDefinition": definition.arn,
        "parameters": job.parameters,
        "container": _container(job),
        "timeout": _timeout(job),
        "tags": submission.tags,
        "propagateTags": definition.propagate_tags if propagate is None else propagate,
        "platformCapabilities": list(definition.platform_capabilities),
        "eksAttempts": [],
        "isCancelled": job.cancelled,
        "isTerminated": job.terminated,
        "arrayProperties": _array(job),
    }
    return copy.deepcopy({key: value for key, value in fields.items() if value is not None})


def summary(job: Job) -> dict[str, Any]:
    """Describe a job as ListJobs does (`JobSummary`)."""
    container = {"exitCode": job.exit_code, "reason": job.reason}
    fields = {
        "jobArn": job.arn,
        "jobId": job.job_id,
        "jobName": job.submission.job_name,
        "createdAt": job.created_at,
        "status": job.status.value,
        "statusReason": job.status_reason,
        "startedAt": job.started_at,
        "stoppedAt": job.stopped_at,
        "container": {key: value for key, value in container.items() if value is not None},
        "jobDefinition": job.submission.definition.arn,
        "arrayProperties": _array(job),
    }
    return {key: value for key, value in fields.items() if value not in (None, {})}


def state_change(job: Job) -> dict[str, Any]:
    """Build the EventBridge event of the state a job is in now.

    Its detail is DescribeJobs' record, whose tags also carry the job's ARN, as AWS sends them.
    """
    record = detail(job)
    record["tags"] = {"resourceArn": job.arn, **record["tags"]}
    return _event(job, "Batch Job State Change", [job.arn], record)


def queue_blocked(job: Job) -> dict[str, Any]:
    """Build the EventBridge event of a queue that the job at its head blocks.

    https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html
    """
    resources = [job.arn, job.submission.queue.arn]
    return _event(job, "Batch Job Queue Blocked", resources, detail(job))


def _event(
    job: Job, detail_type: str, resources: list[str], record: dict[str, Any]
) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": "aws.batch",
        "account": job.submission.account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": job.submission.region,
        "resources": resources,
        "detail": record,
    }


def _container(job: Job) -> dict[str, Any]:
    started = job.started_at is not None
    runtime = {
        "exitCode": job.exit_code,
        "reason": job.reason,
        "containerInstanceArn": job.host.container_instance if job.task else None,
        "taskArn": job.task.arn if job.task else None,
        "logStreamName": job.task.log_stream if job.task and started else None,
    }
    return {**job.container, **{key: value for key, value in runtime.items() if value is not None}}


def _array(job: Job) -> dict[str, Any] | None:
    if job.is_array:
        return {"size": job.submission.array_size, "statusSummary": job.status_summary}
    return None if job.index is None else {"index": job.index}


def _timeout(job: Job) -> dict[str, int] | None:
    if job.timeout_seconds is None:
        return None
    return {"attemptDurationSeconds": job.timeout_seconds}
