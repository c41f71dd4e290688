"""What an update of the stack replaces, by the resource schemas that CloudFormation publishes.

cfn-lint ships them. A property in `createOnlyProperties` cannot change in place, so CloudFormation
creates a new resource, and then deletes the old one with all that runs on it. It refuses that for a
resource whose name is given and stays the same.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from scripts.cfn_translation import REGION
from scripts.cfn_values import resolve

COMPUTE_ENVIRONMENT: Final = "AWS::Batch::ComputeEnvironment"
# https://docs.aws.amazon.com/batch/latest/userguide/infrastructure-updates.html
_UPDATABLE_STRATEGIES: Final = frozenset(
    {"BEST_FIT_PROGRESSIVE", "SPOT_CAPACITY_OPTIMIZED", "SPOT_PRICE_CAPACITY_OPTIMIZED"}
)


@dataclass(frozen=True)
class Update:
    """Logical ids of what an update replaces and removes, and of what it cannot replace."""

    replaced: frozenset[str]
    removed: frozenset[str]
    refused: frozenset[str]


def update(body: Mapping[str, Any], before: Mapping[str, str], after: Mapping[str, str]) -> Update:
    """What changing the parameters of a translated template does to its resources."""
    old = resolve(body, before)["Resources"]
    replaced: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    while True:
        new = resolve(body, after, replaced=replaced, updated=updated)["Resources"]
        both = old.keys() & new.keys()
        found = (
            frozenset(name for name in both if is_replaced(old[name], new[name])),
            frozenset(name for name in both if old[name] != new[name]),
        )
        if found == (replaced, updated):
            break
        replaced, updated = found
    return Update(
        replaced,
        frozenset(old.keys() - new.keys()),
        frozenset(name for name in replaced if _keeps_its_name(old[name], new[name])),
    )


def tag_update(body: Mapping[str, Any]) -> Update:
    """What changing a tag of the stack does: CloudFormation gives it to every resource."""
    resources = resolve(body)["Resources"]
    replaced = frozenset(
        name for name, each in resources.items() if not _takes_other_tags(each["Type"])
    )
    fixed = frozenset(name for name in replaced if _keeps_its_name(*[resources[name]] * 2))
    return Update(replaced, frozenset(), fixed)


def is_replaced(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether CloudFormation replaces a resource that changes in this way."""
    schema = _schema(before["Type"])
    pointers = list(schema.get("createOnlyProperties", []))
    if not (before["Type"] == COMPUTE_ENVIRONMENT and updates_in_place(before, after)):
        pointers += schema.get("conditionalCreateOnlyProperties", [])
    return any(
        _at(before["Properties"], pointer) != _at(after["Properties"], pointer)
        for pointer in pointers
    )


def updates_in_place(*environments: Mapping[str, Any]) -> bool:
    """Whether Batch can replace the hosts of a compute environment, and let their jobs end."""
    return all(
        environment["Properties"].get("ReplaceComputeEnvironment", True) is False
        and "ServiceRole" not in environment["Properties"]
        and environment["Properties"]["ComputeResources"]["AllocationStrategy"]
        in _UPDATABLE_STRATEGIES
        for environment in environments
    )


def _takes_other_tags(kind: str) -> bool:
    tagging = _schema(kind).get("tagging", {"taggable": False})
    in_place = tagging.get("tagUpdatable", True)
    fixed = tagging.get("tagProperty") in _schema(kind).get("createOnlyProperties", [])
    return not tagging["taggable"] or (in_place and not fixed)


def _keeps_its_name(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    names = set(_names(before))
    return bool(names) and names == set(_names(after))


def _names(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The name that the template gives a resource, such as the JobQueueName of a JobQueue."""
    own = resource["Type"].rpartition("::")[2] + "Name"
    for pointer in _schema(resource["Type"]).get("createOnlyProperties", []):
        key = pointer.removeprefix("/properties/")
        if key in {own, "Name"} and key in resource["Properties"]:
            yield key, resource["Properties"][key]


def _at(properties: Any, pointer: str) -> Any:
    for key in pointer.removeprefix("/properties/").split("/"):
        properties = properties.get(key) if isinstance(properties, dict) else None
    return properties


@cache
def _schema(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    return schema
