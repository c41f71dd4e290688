"""Batch's job queues keep their time limits.

moto 5.2.5 ignores `jobStateTimeLimitActions` in CreateJobQueue, UpdateJobQueue and CloudFormation,
and DescribeJobQueues does not return them. It also drops the tags and the scheduling policy of a
template's queue.
"""

import json
from typing import Any

from moto.batch.exceptions import ClientException
from moto.batch.models import JobQueue
from moto.batch.responses import BatchResponse

from emulator.engine.batch.submission import TimeLimit
from emulator.engine.patches import Patches

# https://docs.aws.amazon.com/batch/latest/APIReference/API_JobStateTimeLimitAction.html
_SHORTEST, _LONGEST = 600, 86_400

Action = dict[str, Any]


def keep_queues_whole(patches: Patches) -> None:
    """Keep what moto drops of job queues until `patches` are restored."""
    patches.add(JobQueue, "time_limit_actions", ())
    _read_requests(patches)
    _read_templates(patches)
    describe = JobQueue.describe

    def describe_with_limits(queue: JobQueue) -> dict[str, Any]:
        return {**describe(queue), "jobStateTimeLimitActions": list(queue.time_limit_actions)}

    patches.replace(JobQueue, "describe", describe_with_limits)


def time_limits(queue: JobQueue) -> tuple[TimeLimit, ...]:
    """A queue's limits in the engine's form."""
    return tuple(
        TimeLimit(action["reason"], action["maxTimeSeconds"]) for action in queue.time_limit_actions
    )


def _read_requests(patches: Patches) -> None:
    for name in ("createjobqueue", "updatejobqueue"):
        patches.replace(BatchResponse, name, _with_limits(getattr(BatchResponse, name)))


def _with_limits(answer: Any) -> Any:
    def answer_and_keep(request: BatchResponse) -> str:
        actions = request._get_param("jobStateTimeLimitActions")
        checked = None if actions is None else tuple(_checked(action) for action in actions)
        body: str = answer(request)
        if checked is not None:
            queue = request.batch_backend.get_job_queue(json.loads(body)["jobQueueArn"])
            queue.time_limit_actions = checked
        return body

    return answer_and_keep


def _read_templates(patches: Patches) -> None:
    create_as_moto_does = JobQueue.create_from_cloudformation_json.__func__

    def create(
        cls: type[JobQueue],
        /,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: object,
    ) -> JobQueue:
        properties = cloudformation_json["Properties"]
        actions = tuple(
            _checked({f"{key[0].lower()}{key[1:]}": value for key, value in action.items()})
            for action in properties.get("JobStateTimeLimitActions", [])
        )
        queue: JobQueue = create_as_moto_does(
            cls, resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        queue.time_limit_actions = actions
        queue.schedule_policy = properties.get("SchedulingPolicyArn")
        if tags := properties.get("Tags", {}):
            queue.backend.tag_resource(queue.arn, tags)
        return queue

    patches.replace(JobQueue, "create_from_cloudformation_json", classmethod(create))


def _checked(action: Action) -> Action:
    """Convert the numbers; raise Batch's error for an action that it refuses."""
    seconds = int(action["maxTimeSeconds"])
    if not _SHORTEST <= seconds <= _LONGEST:
        raise ClientException(f"maxTimeSeconds must be between {_SHORTEST} and {_LONGEST}")
    if (action["action"], action["state"]) != ("CANCEL", "RUNNABLE"):
        raise ClientException("jobStateTimeLimitActions takes action CANCEL in state RUNNABLE only")
    return {**action, "maxTimeSeconds": seconds}
