"""Actions in AWS's Service Authorization Reference.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
The part that is needed is in authorization.json, which scripts/authorization_data.py writes.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_REQUIRED = "*"  # after a resource type's name


def knows(action: str) -> bool:
    """Whether the file has an action."""
    return action in _actions()


def resource_types(action: str) -> frozenset[str]:
    """The types of resources that an action supports; empty if it supports none."""
    return frozenset(kind.rstrip(_REQUIRED) for kind in _actions()[action])


def required_types(action: str) -> frozenset[str]:
    """The types for which a policy must allow a resource."""
    types = _actions()[action]
    return frozenset(kind.rstrip(_REQUIRED) for kind in types if kind.endswith(_REQUIRED))


def can_be_about(action: str, resource: str) -> bool:
    """Whether the resource's ARN is of one of the action's types."""
    return any(_pattern(arn).fullmatch(resource) for arn in _actions()[action].values())


@cache
def _actions() -> Mapping[str, Mapping[str, str]]:
    text = files("tests.harness.permissions").joinpath("authorization.json").read_text()
    found: Mapping[str, Mapping[str, str]] = json.loads(text)
    return found


@cache
def _pattern(arn: str) -> re.Pattern[str]:
    fixed = (re.escape(part) for part in re.split(r"\$\{\w+\}", arn))
    return re.compile("[^:]*".join(fixed))
