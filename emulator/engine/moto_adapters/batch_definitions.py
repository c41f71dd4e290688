"""Batch in CloudFormation: job definitions keep every property of the template.

moto 5.2.5 looks for `timeout` where CloudFormation has `Timeout`, reads neither PropagateTags nor
PlatformCapabilities, fails without a RetryStrategy, makes the first letter of parameters' and
tags' names small, and turns an empty string into an empty list. Its DescribeJobDefinitions knows
ARNs and names, and not `name:revision`.
"""

from typing import Any

from moto.batch.models import BatchBackend, JobDefinition, batch_backends

from emulator.engine.patches import Patches


def keep_definitions_whole(patches: Patches) -> None:
    """Read the properties of job definitions that moto ignores."""

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
            container_properties=_api_form(properties.get("ContainerProperties")),
            node_properties=_api_form(properties.get("NodeProperties")),
            eks_properties=_api_form(properties.get("EksProperties")),
            timeout=_timeout(properties.get("Timeout", {})),
            platform_capabilities=properties.get("PlatformCapabilities", []),
            propagate_tags=_boolean(properties.get("PropagateTags", False)),
        )

    patches.replace(
        JobDefinition, "create_from_cloudformation_json", classmethod(create_definition)
    )


def find_definitions_by_revision(patches: Patches) -> None:
    """Let DescribeJobDefinitions take `name:revision`, as SubmitJob does in moto."""
    find_as_moto_does = BatchBackend.get_job_definitions

    def find(self: BatchBackend, identifier: str) -> list[JobDefinition]:
        found: list[JobDefinition] = find_as_moto_does(self, identifier)
        if not found and (one := self.get_job_definition(identifier)) is not None:
            return [one]
        return found

    patches.replace(BatchBackend, "get_job_definitions", find)


def _retry_strategy(properties: dict[str, Any]) -> dict[str, Any]:
    strategy = _api_form(properties)
    return {**strategy, "attempts": int(strategy.get("attempts", 1))}


def _timeout(properties: dict[str, Any]) -> dict[str, int]:
    # A value that came from a parameter is a string in moto's CloudFormation.
    return {name: int(value) for name, value in _api_form(properties).items()}


def _boolean(value: bool | str) -> bool:  # noqa: FBT001  # CloudFormation has both forms
    return str(value).lower() == "true"


def _api_form(node: Any) -> Any:
    """Give CloudFormation's names (`ResourceRequirements`) the API's form."""
    if isinstance(node, dict):
        return {f"{name[0].lower()}{name[1:]}": _api_form(each) for name, each in node.items()}
    if isinstance(node, list):
        return [_api_form(each) for each in node]
    return node
