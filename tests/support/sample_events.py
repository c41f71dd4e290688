"""The files below events/: what each needs, and what must come of it.

`events/<function or machine>/situations.yaml` has, for each event beside it:

    given       what the world already holds, by the names of `tests.support.given.GIVEN`
    answers     what a function returns; keys that are not named here may have any value
    fails       or the error that it raises, or an execution ends with
    says        parts of that error's message
    ledger      what the ledger then holds, by `pk sk`; null for nothing
    ends        how a state machine's execution ends

JSON inside a string, such as the body of an HTTP answer, is looked into.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EVENTS = Path(__file__).parents[2] / "events"
SITUATIONS = "situations.yaml"


class SituationsError(ValueError):
    """A situations.yaml does not fit the events beside it; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One entry of a situations.yaml."""

    given: tuple[str, ...] = ()
    answers: Any = None
    fails: str = ""
    says: tuple[str, ...] = ()
    ledger: Mapping[str, Any] = field(default_factory=dict)
    ends: str = ""

    def __post_init__(self) -> None:
        if not (self.answers is not None or self.fails or self.ends):
            raise ValueError("expects nothing: give `answers`, `fails` or `ends`")


@dataclass(frozen=True, slots=True)
class SampleEvent:
    """One file, and what is expected of it."""

    path: Path
    expected: Expected

    @property
    def folder(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def document(self) -> Any:
        return json.loads(self.path.read_text())

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"


def sample_events(folders: frozenset[str] | set[str], root: Path = EVENTS) -> list[SampleEvent]:
    """Every event of these functions or machines.

    Raises:
        SituationsError: an event has no entry, an entry no event, or an entry can't be read.
    """
    found = {path.parent for path in root.glob("*/*.json") if path.parent.name in folders}
    return [event for folder in sorted(found) for event in _events_in(folder)]


def _events_in(folder: Path) -> Iterator[SampleEvent]:
    where = folder / SITUATIONS
    entries = (yaml.safe_load(where.read_text()) if where.is_file() else None) or {}
    files = {path.stem: path for path in sorted(folder.glob("*.json"))}
    if files.keys() != entries.keys():
        missing, spare = files.keys() - entries.keys(), entries.keys() - files.keys()
        raise SituationsError(
            f"events/{folder.name}/{SITUATIONS}: no entry for {sorted(missing) or 'none'}, "
            f"no event for {sorted(spare) or 'none'}; "
            "tests/support/sample_events.py says what goes in"
        )
    for name, path in files.items():
        try:
            yield SampleEvent(path, Expected(**entries[name]))
        except (TypeError, ValueError) as error:
            raise SituationsError(f"events/{folder.name}/{SITUATIONS}: {name}: {error}") from error


def differences(expected: Any, actual: Any, where: str = "$") -> list[str]:
    """What is expected and not found in `actual`, by JSON path; empty if all is there."""
    if isinstance(expected, Mapping):
        if isinstance(actual, str):
            actual = _parsed(actual)
        if not isinstance(actual, Mapping):
            return [f"{where} is {actual!r}, not an object"]
        return [
            problem
            for key, value in expected.items()
            for problem in (
                differences(value, actual[key], f"{where}.{key}")
                if key in actual
                else [f"{where}.{key} is missing"]
            )
        ]
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return [f"{where} is {actual!r}, not {expected!r}"]
        return [
            problem
            for number, (one, other) in enumerate(zip(expected, actual, strict=True))
            for problem in differences(one, other, f"{where}[{number}]")
        ]
    return [] if expected == actual else [f"{where} is {actual!r}, not {expected!r}"]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
