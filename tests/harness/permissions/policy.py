"""Evaluate IAM policies for one action.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Self


class Effect(StrEnum):
    """The effect of a statement."""

    ALLOW = "Allow"
    DENY = "Deny"


# The values of condition keys; a tuple of a key that can have several.
type Context = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Need:
    """An action on a resource, which is `*` if the action supports no resources.

    `context` has the values of condition keys that AWS knows at the request.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy; it names actions and resources, or exceptions."""

    sid: str
    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, Any]]

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Read a statement of a policy document.

        Raises:
            KeyError: it has NotAction, which no policy here may have, or lacks a part.
        """
        return cls(
            document.get("Sid", ""),
            Effect(document["Effect"]),
            _many(document["Action"]),
            _many(document.get("Resource", ())),
            _many(document.get("NotResource", ())),
            document.get("Condition", {}),
        )

    def idle(self, needs: Iterable[Need]) -> Iterator[str]:
        """Yield its actions and resources that none of these needs uses."""
        given = tuple(needs)
        for action in self.actions:
            if not any(_matches(action.lower(), need.action.lower()) for need in given):
                yield action
        for resource in self.resources:
            if not any(_matches(resource, need.resource) for need in given):
                yield resource

    def covers(self, need: Need) -> bool:
        """Whether the statement covers this action on this resource.

        Raises:
            KeyError: its condition has an unknown operator.
        """
        named = _any(self.resources, need.resource)
        others = bool(self.not_resources) and not _any(self.not_resources, need.resource)
        actions = (action.lower() for action in self.actions)
        return (
            _any(actions, need.action.lower())
            and (named or others)
            and all(
                _holds(operator, _many(wanted), need.context.get(key))
                for operator, keys in self.condition.items()
                for key, wanted in keys.items()
            )
        )


def allowing(statements: Iterable[Statement], need: Need) -> Statement | None:
    """The statement that allows it; None if none does, or if another one denies it."""
    about_it = [statement for statement in statements if statement.covers(need)]
    if any(statement.effect is Effect.DENY for statement in about_it):
        return None
    return about_it[0] if about_it else None


def _many(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = ({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text)
    return re.compile("".join(parts), re.DOTALL)


def _matches(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


def _any(patterns: Iterable[str], text: str) -> bool:
    return any(_matches(each, text) for each in patterns)


_OPERATORS: Mapping[str, Callable[[tuple[str, ...], str], bool]] = {
    "StringEquals": lambda wanted, found: found in wanted,
    "StringLike": _any,
    "ArnEquals": _any,
    "ArnLike": _any,
}
_IF_EXISTS = "IfExists"
_FOR_ALL = "ForAllValues:"


def _holds(operator: str, wanted: tuple[str, ...], found: str | tuple[str, ...] | None) -> bool:
    """Whether a condition holds for a key's value; None is the value of an absent key.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IfExists
    """
    compare = _OPERATORS[operator.removeprefix(_FOR_ALL).removesuffix(_IF_EXISTS)]
    if found is None:
        return operator.startswith(_FOR_ALL) or operator.endswith(_IF_EXISTS)
    if isinstance(found, str):
        return compare(wanted, found)
    if not operator.startswith(_FOR_ALL):
        raise KeyError(f"{operator} on a key of several values")
    return all(compare(wanted, each) for each in found)
