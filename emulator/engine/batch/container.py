"""A job's container: its definition's properties with the submission's overrides merged in.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from emulator.engine.batch.capacity import Capacity

DEFAULT_LOG_GROUP = "/aws/batch/job"
_LISTS = (
    "command",
    "volumes",
    "environment",
    "mountPoints",
    "ulimits",
    "networkInterfaces",
    "resourceRequirements",
    "secrets",
)


def merge(properties: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Merge overrides into container properties, as DescribeJobs shows them.

    A command replaces the definition's; environment variables are replaced by name and resource
    requirements by type, and what is new is appended. `vcpus` and `memory`, the older form of
    resource requirements, replace them in either place.
    """
    container = {**{name: [] for name in _LISTS}, **properties}
    if overrides.get("command"):
        container["command"] = list(overrides["command"])
    container["environment"] = _replace("name", container["environment"], overrides, "environment")
    container["resourceRequirements"] = _replace(
        "type", _requirements(container), {"requirements": _requirements(overrides)}, "requirements"
    )
    for old_form in ("vcpus", "memory"):
        container.pop(old_form, None)
    return container


def request_of(container: Mapping[str, Any]) -> Capacity:
    """Read the vCPUs and MiB that a merged container asks for.

    Raises ValueError if one is missing or not above zero.
    """
    amounts = {need["type"]: need["value"] for need in container["resourceRequirements"]}
    missing = {"VCPU", "MEMORY"} - set(amounts)
    if missing:
        raise ValueError(f"resourceRequirements lack {' and '.join(sorted(missing))}")
    return Capacity(float(amounts["VCPU"]), int(amounts["MEMORY"]))


def substitute(command: Iterable[str], parameters: Mapping[str, str]) -> list[str]:
    """Fill in the `Ref::name` placeholders of a command; one without a value stays as it is.

    https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html#parameters
    """
    return [
        re.sub(r"Ref::([A-Za-z0-9_-]+)", lambda ref: parameters.get(ref[1], ref[0]), argument)
        for argument in command
    ]


def log_group_of(container: Mapping[str, Any]) -> str | None:
    """Name the CloudWatch Logs group of a container's output; None if it goes elsewhere."""
    configuration = container.get("logConfiguration")
    if configuration is None:
        return DEFAULT_LOG_GROUP
    if configuration["logDriver"] != "awslogs":
        return None
    return str(configuration.get("options", {}).get("awslogs-group", DEFAULT_LOG_GROUP))


def creates_log_group(container: Mapping[str, Any]) -> bool:
    """Whether the log group of a container is created if missing, as Batch's own is."""
    options = container.get("logConfiguration", {}).get("options", {})
    wanted = str(options.get("awslogs-create-group", "false")).lower() == "true"
    return wanted or log_group_of(container) == DEFAULT_LOG_GROUP


def log_stream_of(container: Mapping[str, Any], definition_name: str, task_id: str) -> str:
    """Name the stream of one attempt's output: prefix, container name, id of the ECS task."""
    options = container.get("logConfiguration", {}).get("options", {})
    return f"{options.get('awslogs-stream-prefix', definition_name)}/default/{task_id}"


def _requirements(properties: Mapping[str, Any]) -> list[dict[str, str]]:
    listed = list(properties.get("resourceRequirements", []))
    types = {need["type"] for need in listed}
    for old_form, kind in (("vcpus", "VCPU"), ("memory", "MEMORY")):
        if properties.get(old_form) and kind not in types:
            listed.append({"value": str(properties[old_form]), "type": kind})
    return listed


def _replace(
    key: str, defaults: Iterable[Mapping[str, str]], overrides: Mapping[str, Any], name: str
) -> list[dict[str, str]]:
    merged = {entry[key]: dict(entry) for entry in defaults}
    merged |= {entry[key]: dict(entry) for entry in overrides.get(name) or []}
    return list(merged.values())
