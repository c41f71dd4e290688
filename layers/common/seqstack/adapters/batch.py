"""AWS Batch: job definitions, submissions, and the states of jobs."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any, TypedDict

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, is_throttled, job_submitter, translated_errors
from seqstack.domain.errors import SubmissionRejectedError, TransientServiceError
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.plan import JobDefinition, StepPlan

if TYPE_CHECKING:
    from mypy_boto3_batch.literals import JobStatusType
    from mypy_boto3_batch.type_defs import (
        JobDefinitionTypeDef,
        JobTimeoutTypeDef,
        RetryStrategyTypeDef,
    )

_OPEN_STATES: tuple["JobStatusType", ...] = (
    "SUBMITTED",
    "PENDING",
    "RUNNABLE",
    "STARTING",
    "RUNNING",
)
_DESCRIBED_AT_ONCE = 100  # DescribeJobs' limit
_TERMINATED_AT_ONCE = 50  # TerminateJobs' limit
_PAUSES = (1, 2, 4)  # seconds; with one slow call they fit submit_job's timeout


class SubmissionLimits(TypedDict, total=False):
    """Parameters of SubmitJob that override the job definition's."""

    timeout: "JobTimeoutTypeDef"
    retryStrategy: "RetryStrategyTypeDef"


class Batch:
    """The calls that the functions make, for the stack of one environment."""

    def __init__(self, environment: str, sleep: Callable[[float], object] = time.sleep) -> None:
        self._environment = environment
        self._sleep = sleep

    def job_definition(self, name: str) -> JobDefinition | None:
        """The active job definition of that name, `name:revision` or ARN; without a revision the
        newest. None if there is none.
        """
        arn, _, short = name.rpartition("/")
        family, _, revision = short.partition(":")
        pages = client("batch").get_paginator("describe_job_definitions")
        with translated_errors():
            active = [
                found
                for page in pages.paginate(jobDefinitionName=family, status="ACTIVE")
                for found in page["jobDefinitions"]
                if found["jobDefinitionArn"].startswith(arn)
                and revision in {"", str(found["revision"])}
            ]
        if not active:
            return None
        newest = max(active, key=lambda found: found["revision"])
        return JobDefinition(
            arn=newest["jobDefinitionArn"],
            image=newest.get("containerProperties", {}).get("image", ""),
            vcpus=_asked_for(newest, "VCPU", "vcpus"),
            memory_mib=_asked_for(newest, "MEMORY", "memory"),
            timeout_seconds=newest.get("timeout", {}).get("attemptDurationSeconds", 0),
        )

    def queue_problem(self, name: str) -> str:
        """Why a job queue of that name or ARN does not accept our jobs; "" if it does.

        A queue without a scheduling policy refuses jobs with a share, which all of ours have.
        """
        with translated_errors():
            answer = client("batch").describe_job_queues(jobQueues=[name])
        match answer["jobQueues"]:
            case [{"state": "ENABLED", "status": "VALID" | "UPDATING", **rest}]:
                return "" if rest.get("schedulingPolicyArn") else "has no scheduling policy"
            case _:
                return "is not an enabled job queue of this account and region"

    def submit(self, key: JobKey, plan: StepPlan) -> str:
        """Submit one try of a step; return the Batch job id.

        SubmitJob has no idempotency token. If Batch may have accepted the job but did not say so,
        the job is looked for by its name, because another call would submit a second one.

        Raises:
            SubmissionRejectedError: Batch refuses the job and would refuse it again.
            TransientServiceError: Batch throttles, or did not answer and lists no such job.
        """
        for pause in _PAUSES:
            try:
                return self._submit_once(key, plan)
            except TransientServiceError as error:
                if not is_throttled(error):
                    return self._accepted(key, plan.job_queue, error)
                self._sleep(random.uniform(0, pause))  # noqa: S311 (no secret)
        return self._submit_once(key, plan)

    def _accepted(self, key: JobKey, job_queue: str, unanswered: TransientServiceError) -> str:
        """The id of the job that a call without an answer submitted; a new job is listed late."""
        for pause in _PAUSES:
            self._sleep(pause)
            if found := self.find_job(key, job_queue):
                return found
        raise unanswered

    def _submit_once(self, key: JobKey, plan: StepPlan) -> str:
        limits: SubmissionLimits = {}
        if plan.timeout_seconds:
            limits["timeout"] = {"attemptDurationSeconds": plan.timeout_seconds}
        if plan.leaves_spot_at_once:
            limits["retryStrategy"] = {"attempts": 1}
        try:
            with translated_errors():
                answer = job_submitter().submit_job(
                    jobName=key.job_name,
                    jobQueue=plan.job_queue,
                    jobDefinition=plan.job_definition,
                    shareIdentifier=plan.submitter,
                    schedulingPriorityOverride=plan.scheduling_priority,
                    parameters=key.as_parameters(plan.cohort_id),
                    containerOverrides={
                        "command": list(plan.command),
                        "resourceRequirements": [
                            {"type": "VCPU", "value": str(plan.vcpus)},
                            {"type": "MEMORY", "value": str(plan.memory_mib)},
                        ],
                    },
                    tags=self._tags(key, plan),
                    propagateTags=True,
                    **limits,
                )
        except ClientError as error:
            raise SubmissionRejectedError(
                f"AWS Batch refused {key.job_name} ({plan.job_definition} on {plan.job_queue}): "
                f"{error.response['Error'].get('Message', error)}"
            ) from error
        return answer["jobId"]

    def _tags(self, key: JobKey, plan: StepPlan) -> dict[str, str]:
        """The tags of the job and its task, for Cost Explorer too.

        Roles identify the stack's own jobs by the environment: they may not terminate others.
        """
        project = {"seqstack:project": plan.project} if plan.project else {}
        cohort = {"seqstack:cohortId": plan.cohort_id} if plan.cohort_id else {}
        return {
            "seqstack:environment": self._environment,
            "seqstack:runId": key.run_id,
            "seqstack:step": key.step,
            "seqstack:submitter": plan.submitter,
            **project,
            **cohort,
        }

    def find_job(self, key: JobKey, job_queue: str) -> str | None:
        """The id of the job that was submitted under this key, whatever its state.

        A filter by name makes ListJobs answer for every state, terminal ones included.
        """
        pages = (
            client("batch")
            .get_paginator("list_jobs")
            .paginate(jobQueue=job_queue, filters=[{"name": "JOB_NAME", "values": [key.job_name]}])
        )
        with translated_errors():
            found = [
                job
                for page in pages
                for job in page["jobSummaryList"]
                if job["jobName"] == key.job_name  # the filter is case-insensitive
            ]
        return min(found, key=lambda job: job["createdAt"])["jobId"] if found else None

    def describe(self, job_id: str) -> JobRecord | None:
        """The job as it is now; None if Batch has forgotten it, as it does after a week."""
        detail = self.detail(job_id)
        return None if detail is None else JobRecord.from_batch(detail)

    def detail(self, job_id: str) -> Mapping[str, Any] | None:
        """The job's JobDetail; None if Batch has forgotten the job."""
        with translated_errors():
            answer = client("batch").describe_jobs(jobs=[job_id])
        return answer["jobs"][0] if answer["jobs"] else None

    def describe_all(self, job_ids: Iterable[str]) -> dict[str, JobRecord]:
        """The jobs as they are now, by id; without those that Batch has forgotten."""
        return {job.job_id: job for job in self._described(job_ids)}

    def open_jobs(self, job_queue: str) -> Iterator[JobRecord]:
        """Every job in a queue that has not ended; jobs that end meanwhile may be among them."""
        for status in _OPEN_STATES:
            pages = (
                client("batch")
                .get_paginator("list_jobs")
                .paginate(jobQueue=job_queue, jobStatus=status)
            )
            with translated_errors():
                ids = [job["jobId"] for page in pages for job in page["jobSummaryList"]]
            yield from self._described(ids)

    def _described(self, job_ids: Iterable[str]) -> Iterator[JobRecord]:
        for some in batched(job_ids, _DESCRIBED_AT_ONCE, strict=False):
            with translated_errors():
                answer = client("batch").describe_jobs(jobs=list(some))
            yield from map(JobRecord.from_batch, answer["jobs"])

    def terminate(self, job_id: str, reason: str) -> None:
        """Terminate a job in any state; has no effect on an ended job."""
        with translated_errors():
            client("batch").terminate_job(jobId=job_id, reason=reason)

    def terminate_all(self, job_ids: Iterable[str], reason: str) -> None:
        """Terminate jobs, 50 a call if the runtime's botocore has TerminateJobs (from 1.43).

        A job that the call could not terminate is terminated by itself, whose error is then raised.
        """
        for some in batched(job_ids, _TERMINATED_AT_ONCE, strict=False):
            left = list(some)
            if hasattr(client("batch"), "terminate_jobs"):
                with translated_errors():
                    answer = client("batch").terminate_jobs(jobs=left, reason=reason)
                left = [each["job"] for each in answer["errors"]]
            for job_id in left:
                self.terminate(job_id, reason)


def _asked_for(definition: "JobDefinitionTypeDef", kind: str, legacy_key: str) -> int:
    container: dict[str, Any] = dict(definition.get("containerProperties", {}))
    for requirement in container.get("resourceRequirements", []):
        if requirement["type"] == kind:
            return int(float(requirement["value"]))
    return int(container.get(legacy_key, 1))
