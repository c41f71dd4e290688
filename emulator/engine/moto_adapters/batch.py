"""Batch: SubmitJob, DescribeJobs, ListJobs, TerminateJob(s) and CancelJob go to the engine.

moto 5.2.5 runs jobs in Docker containers or not at all, reads neither retry strategies nor
propagateTags, shareIdentifier and schedulingPriorityOverride, describes no container overrides,
timeout of the definition or image, pages no lists, and has no TerminateJobs. Its compute
environments, queues and job definitions stay, and are looked up in its backend.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.batch import urls as batch_urls
from moto.batch.exceptions import ClientException
from moto.batch.models import BatchBackend, JobDefinition, JobQueue, batch_backends
from moto.batch.responses import BatchResponse

from emulator.engine.aws import ACCOUNT_ID, REGION
from emulator.engine.batch import listing
from emulator.engine.batch.description import summary
from emulator.engine.batch.engine import BatchEngine, EngineClosedError
from emulator.engine.batch.job import Job
from emulator.engine.batch.submission import Definition, Queue, Submission
from emulator.engine.moto_adapters.batch_policies import has_policy
from emulator.engine.moto_adapters.batch_queues import time_limits
from emulator.engine.patches import Patches

_MOST_TERMINATED = 50
_JOB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_NOT_RUN_HERE = (
    "nodeOverrides",
    "eksPropertiesOverride",
    "ecsPropertiesOverride",
)


def tags_of(arn: str) -> Mapping[str, str]:
    """The tags of the Batch resource with this ARN, jobs included; empty if there is none."""
    found: Mapping[str, str] = batch_backends[ACCOUNT_ID][REGION].list_tags_for_resource(arn)
    return found


def route_jobs_to(engine: BatchEngine, patches: Patches) -> None:
    """Answer the job operations of moto's Batch API from `engine`."""

    def submit_job(request: BatchResponse) -> str:
        submission = _submission(request)
        try:
            job = engine.submit(submission)
        except (ValueError, EngineClosedError) as error:
            raise ClientException(str(error)) from error
        tags = dict(submission.tags)
        if tags:
            request.batch_backend.tag_resource(job.arn, tags)
        return json.dumps({"jobArn": job.arn, "jobName": submission.job_name, "jobId": job.job_id})

    def describe_jobs(request: BatchResponse) -> str:
        jobs = engine.describe(request._get_param("jobs"))
        return json.dumps({"jobs": jobs})

    def list_jobs(request: BatchResponse) -> str:
        get = request._get_param
        is_listed = _listed(request)

        def read(jobs: Iterable[Job]) -> dict[str, Any]:
            mine = [job for job in jobs if is_listed(job)]
            selected = listing.select(mine, get("jobStatus"), get("filters"))
            page, following = listing.page(selected, get("maxResults"), get("nextToken"))
            answer: dict[str, Any] = {"jobSummaryList": [summary(job) for job in page]}
            return answer if following is None else {**answer, "nextToken": following}

        try:
            return json.dumps(engine.read(read))
        except ValueError as error:
            raise ClientException(str(error)) from error

    def terminate_job(request: BatchResponse) -> str:
        engine.terminate(*_job_and_reason(request))
        return "{}"

    def terminate_jobs(request: BatchResponse) -> str:
        """Terminate up to 50 jobs; jobs that can't be found count as terminated."""
        jobs, reason = request._get_param("jobs") or [], request._get_param("reason")
        if not 1 <= len(jobs) <= _MOST_TERMINATED or not reason:
            raise ClientException("TerminateJobs takes 1 to 50 jobs and a reason")
        for job_id in jobs:
            engine.terminate(job_id, reason)
        return json.dumps({"successful": jobs, "errors": []})

    def cancel_job(request: BatchResponse) -> str:
        engine.cancel(*_job_and_reason(request))
        return "{}"

    patches.replace(BatchResponse, "submitjob", submit_job)
    patches.replace(BatchResponse, "describejobs", describe_jobs)
    patches.replace(BatchResponse, "listjobs", list_jobs)
    patches.replace(BatchResponse, "terminatejob", terminate_job)
    patches.replace(BatchResponse, "canceljob", cancel_job)
    patches.add(BatchResponse, "terminatejobs", terminate_jobs)
    patches.set_item(batch_urls.url_paths, "{0}/v1/terminatejobs", BatchResponse.dispatch)


def _listed(request: BatchResponse) -> Callable[[Job], bool]:
    """The jobs of a queue, or the children of an array."""
    array, name = request._get_param("arrayJobId"), request._get_param("jobQueue")
    if bool(array) == bool(name):
        raise ClientException("Specify exactly one of jobQueue and arrayJobId")
    if array:
        return lambda job: job.parent is not None and job.parent.job_id == array
    queue = _queue(request.batch_backend, name)
    return lambda job: job.parent is None and job.submission.queue.arn == queue.arn


def _array_size(request: BatchResponse) -> int | None:
    size = (request._get_param("arrayProperties") or {}).get("size")
    if size is not None and any("type" in need for need in request._get_param("dependsOn") or []):
        raise ClientException("The emulator runs arrays without dependencies between children")
    return size


def _submission(request: BatchResponse) -> Submission:
    get = request._get_param
    for name in _NOT_RUN_HERE:
        if get(name):
            raise ClientException(f"The emulator runs single container jobs, without {name}")
    job_name = get("jobName")
    if not _JOB_NAME.fullmatch(job_name):
        raise ClientException("Job name should match valid pattern")
    return Submission(
        job_name=job_name,
        queue=_submission_queue(_queue(request.batch_backend, get("jobQueue"))),
        definition=_definition(request.batch_backend, get("jobDefinition")),
        account=request.current_account,
        region=request.region,
        depends_on=get("dependsOn") or [],
        parameters=get("parameters") or {},
        container_overrides=get("containerOverrides") or {},
        retry_strategy=get("retryStrategy"),
        timeout=get("timeout"),
        tags=get("tags") or {},
        propagate_tags=get("propagateTags"),
        share_identifier=get("shareIdentifier"),
        scheduling_priority=get("schedulingPriorityOverride"),
        array_size=_array_size(request),
    )


def _queue(backend: BatchBackend, identifier: str | None) -> JobQueue:
    queue = backend.get_job_queue(identifier) if identifier else None
    if queue is None:
        raise ClientException(f"Job queue {identifier} does not exist")
    return queue


def _submission_queue(queue: JobQueue) -> Queue:
    if queue.state != "ENABLED":
        raise ClientException(f"Job queue {queue.name} is not ENABLED")
    return Queue(
        arn=queue.arn,
        name=queue.name,
        priority=int(queue.priority),
        compute_environment=queue.environments[0].name,
        time_limits=time_limits(queue),
        has_policy=has_policy(queue),
    )


def _definition(backend: BatchBackend, identifier: str) -> Definition:
    """Find an active definition by name, `name:revision` or ARN, with or without revision."""
    name = identifier.rpartition("job-definition/")[2]
    candidates = [
        definition
        for definition in backend._job_definitions.values()
        if definition.status == "ACTIVE"
        and name in {definition.name, f"{definition.name}:{definition.revision}"}
    ]
    if not candidates:
        raise ClientException(f"Job definition {identifier} does not exist")
    return _from_moto(max(candidates, key=lambda definition: int(definition.revision)))


def _from_moto(definition: JobDefinition) -> Definition:
    if definition.container_properties is None:
        raise ClientException("The emulator runs single container jobs only")
    return Definition(
        arn=definition.arn,
        name=definition.name,
        container=definition.container_properties,
        parameters=definition.parameters,
        retry_strategy=definition.retry_strategy,
        timeout=definition.timeout,
        propagate_tags=bool(definition.propagate_tags),
        platform_capabilities=definition.platform_capabilities or [],
    )


def _job_and_reason(request: BatchResponse) -> tuple[str, str]:
    get = request._get_param
    job_id, reason = get("jobId"), get("reason")
    if not job_id or not reason:
        raise ClientException("jobId and reason must not be empty")
    return job_id, reason
