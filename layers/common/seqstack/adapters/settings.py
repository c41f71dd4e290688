"""The settings of a function: a typed model of the environment variables that template.yaml sets.

Each function declares its own beside its handler. The field `job_log_group` is JOB_LOG_GROUP.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Self

from seqstack.workflows.registry import WORKFLOWS

_EACH = "variable of each key"


class SettingError(Exception):
    """An environment variable is missing or can't be used."""


def one_for_each(variables: Mapping[Any, str]) -> Any:
    """A field that is a mapping: the value of one variable for each key."""
    return field(metadata={_EACH: variables})


def state_machine_arns() -> Any:
    """A field: the ARN of each workflow's state machine, by the workflow's name."""
    return one_for_each({name: f"{name.upper()}_ARN" for name in WORKFLOWS})


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """The variables of every function: those of the template's `Globals`."""

    environment: str
    ledger_table: str

    @classmethod
    def from_environment(cls) -> Self:
        """Read every variable of the function.

        Raises:
            SettingError: names the variable that is missing, or that is not a whole number.
        """
        return cls(**{each.name: _value(each) for each in fields(cls)})

    @classmethod
    def variables(cls) -> Iterator[str]:
        """The names of the variables that the function reads."""
        for each in fields(cls):
            yield from each.metadata.get(_EACH, {each.name: each.name.upper()}).values()


def _value(wanted: Field[Any]) -> Any:
    if _EACH in wanted.metadata:
        return {key: _text(name) for key, name in wanted.metadata[_EACH].items()}
    name = wanted.name.upper()
    text = _text(name)
    if wanted.type is not int:
        return text
    try:
        return int(text)
    except ValueError as error:
        raise SettingError(
            f"the environment variable {name} is not a whole number: {text}"
        ) from error


def _text(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError as error:
        raise SettingError(
            f"the environment variable {name} is not set; add it to the function's Environment in "
            "template.yaml"
        ) from error
