"""Leave out resources that moto's CloudFormation cannot create, with a warning of the consequence.

Properties, outputs and dependencies that refer to such a resource are left out too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Types without a model in moto 5.2.5, and what their absence means for a run in the emulator.
CONSEQUENCES = {
    "AWS::ApplicationInsights::Application": "no alarms are raised",
    "AWS::Budgets::Budget": "there are no costs here",
    "AWS::Lambda::EventInvokeConfig": "asynchronous calls have Lambda's default of two retries",
    "AWS::Logs::MetricFilter": "no metrics are made from logs",
    "AWS::ResourceGroups::Group": "resources are not grouped in a console",
    "AWS::S3::BucketPolicy": "permissions are not checked",
    "AWS::SNS::TopicPolicy": "permissions are not checked",
    "AWS::SQS::QueuePolicy": "permissions are not checked",
    "AWS::Scheduler::Schedule": "schedules do not fire",
}
_UNKNOWN_CONSEQUENCE = "it has no replacement"

_SUB_NAME = re.compile(r"\$\{([^!}][^}.]*)")
_DROP = object()


@dataclass(frozen=True)
class Omission:
    """Something in the template that the emulator leaves out, and the consequence."""

    what: str
    consequence: str


def omit_unsupported(
    body: dict[str, Any], has_model: Callable[[str], bool]
) -> tuple[dict[str, Any], tuple[Omission, ...]]:
    """Return `body` without types for which `has_model` is False, and what was left out.

    References to what was left out go too; a conditional's other branch stays.
    """
    dropped = {
        logical_id: resource["Type"]
        for logical_id, resource in body["Resources"].items()
        if not has_model(resource["Type"])
    }
    omissions = [
        Omission(f"{logical_id} ({kind})", CONSEQUENCES.get(kind, _UNKNOWN_CONSEQUENCE))
        for logical_id, kind in dropped.items()
    ]
    gone = frozenset(dropped)
    resources = {}
    for logical_id, resource in body["Resources"].items():
        if logical_id in gone:
            continue
        kept = dict(resource)
        if "DependsOn" in kept:
            kept["DependsOn"] = _without_dependencies(kept["DependsOn"], gone)
        kept["Properties"] = _prune(
            kept.get("Properties", {}), gone, f"{logical_id}.Properties", omissions
        )
        resources[logical_id] = kept
    outputs = {}
    for name, output in body.get("Outputs", {}).items():
        if _refers(output.get("Value"), gone):
            omissions.append(Omission(f"Outputs.{name}", "refers to a resource left out"))
        else:
            outputs[name] = output
    pruned = {**body, "Resources": resources}
    if "Outputs" in body:
        pruned["Outputs"] = outputs
    return pruned, tuple(omissions)


def _without_dependencies(depends_on: str | list[str], gone: frozenset[str]) -> list[str]:
    names = [depends_on] if isinstance(depends_on, str) else depends_on
    return [name for name in names if name not in gone]


def _refers(node: Any, gone: frozenset[str]) -> bool:
    """True when an intrinsic function anywhere in `node` names a resource in `gone`."""
    if isinstance(node, list):
        return any(_refers(item, gone) for item in node)
    if not isinstance(node, dict):
        return False
    return _is_dangling(node, gone) or any(_refers(value, gone) for value in node.values())


def _is_dangling(node: dict[str, Any], gone: frozenset[str]) -> bool:
    if "Ref" in node:
        return node["Ref"] in gone
    if "Fn::GetAtt" in node:
        target = node["Fn::GetAtt"]
        return (target.split(".")[0] if isinstance(target, str) else target[0]) in gone
    if "Fn::Sub" in node:
        text = node["Fn::Sub"] if isinstance(node["Fn::Sub"], str) else node["Fn::Sub"][0]
        return any(name in gone for name in _SUB_NAME.findall(text))
    return False


def _prune(node: Any, gone: frozenset[str], path: str, omissions: list[Omission]) -> Any:
    if isinstance(node, list):
        kept = [_prune(item, gone, f"{path}[{i}]", omissions) for i, item in enumerate(node)]
        return [item for item in kept if item is not _DROP]
    if not isinstance(node, dict):
        return node
    if _is_dangling(node, gone):
        omissions.append(Omission(path, "refers to a resource left out"))
        return _DROP
    pruned = {key: _prune(value, gone, f"{path}.{key}", omissions) for key, value in node.items()}
    return {key: value for key, value in pruned.items() if value is not _DROP}
