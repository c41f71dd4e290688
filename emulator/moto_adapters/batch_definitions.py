"""Batch in CloudFormation: job definitions and queues keep every property of the template.

moto 5.2.5 looks for `timeout` where CloudFormation has `Timeout`, reads neither PropagateTags nor
PlatformCapabilities, fails without a RetryStrategy, makes the first letter of parameters' and
tags' names small, and drops the tags of a queue.
"""

from typing import Any

from moto.batch.models import JobDefinition, JobQueue, batch_backends
from moto.batch.utils import lowercase_first_key

from emulator.patches import Patches


def keep_definitions_whole(patches: Patches) -> None:
    """Read what moto leaves out of a template's job definitions and queues."""

    def create_definition(
        _cls: type[JobDefinition],
        /,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_kwargs: object,
    ) -> JobDefinition:
        properties = cloudformation_json["Properties"]
        return batch_backends[account_id][region_name].register_job_definition(
            def_name=resource_name,
            parameters=properties.get("Parameters", {}),
            _type=properties.get("Type", "container"),
            tags=properties.get("Tags", {}),
            retry_strategy=_retry_strategy(properties.get("RetryStrategy", {})),
            container_properties=_lowercase(properties.get("ContainerProperties")),
            node_properties=_lowercase(properties.get("NodeProperties")),
            eks_properties=_lowercase(properties.get("EksProperties")),
            timeout=_timeout(properties.get("Timeout", {})),
            platform_capabilities=properties.get("PlatformCapabilities", ["EC2"]),
            propagate_tags=_boolean(properties.get("PropagateTags", False)),
        )

    create_queue_as_moto_does = JobQueue.create_from_cloudformation_json.__func__

    def create_queue(
        cls: type[JobQueue],
        /,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: object,
    ) -> JobQueue:
        queue: JobQueue = create_queue_as_moto_does(
            cls, resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        tags = cloudformation_json["Properties"].get("Tags", {})
        if tags:
            queue.backend.tag_resource(queue.arn, tags)
        return queue

    patches.replace(
        JobDefinition, "create_from_cloudformation_json", classmethod(create_definition)
    )
    patches.replace(JobQueue, "create_from_cloudformation_json", classmethod(create_queue))


def _retry_strategy(properties: dict[str, Any]) -> dict[str, Any]:
    strategy = lowercase_first_key(properties)
    return {**strategy, "attempts": int(strategy.get("attempts", 1))}


def _timeout(properties: dict[str, Any]) -> dict[str, int]:
    # A value that came from a parameter is a string in moto's CloudFormation.
    return {name: int(value) for name, value in lowercase_first_key(properties).items()}


def _boolean(value: bool | str) -> bool:  # noqa: FBT001  # CloudFormation has both forms
    return value is True or str(value).lower() == "true"


def _lowercase(properties: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if properties is None else lowercase_first_key(properties)
