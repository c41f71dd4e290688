"""Lists of samples as JSON lines, each in an S3 object.

A cohort can have more samples than an execution's input has room for. Size and ETag of each file
are in its list, so the list's content says what is read.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

from seqstack.domain.json_text import read_json

MAX_LIST_BYTES: Final = 16 << 20
# as in input.schema.json, whose validator is slow to load
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """An object of a sample; `etag` is without quotes."""

    size: int
    etag: str

    @classmethod
    def parse(cls, value: object) -> Self | None:
        """Read its JSON; None if it is not right."""
        if not isinstance(value, Mapping):
            return None
        size, etag = value.get("bytes"), value.get("etag")
        if type(size) is not int or size <= 0 or not isinstance(etag, str) or not etag:
            return None
        return cls(size, etag.strip('"'))

    def as_json(self) -> dict[str, Any]:
        """Its JSON."""
        return {"bytes": self.size, "etag": self.etag}


class Listed(Protocol):
    """What a line says of a sample."""

    @property
    def sample_id(self) -> str:
        """The sample's name."""

    @property
    def identity(self) -> Hashable:
        """What no two samples may have in common."""

    def as_json(self) -> dict[str, Any]:
        """Its line."""


def list_text(samples: Iterable[Listed]) -> str:
    """The list, in the order of the samples' names."""
    ordered = sorted(samples, key=lambda each: each.sample_id)
    return "".join(f"{json.dumps(each.as_json(), ensure_ascii=False)}\n" for each in ordered)


def read_lines[T: Listed](
    text: str,
    keys: Sequence[str],
    read_row: Callable[[str, Mapping[str, Any]], T | str],
    *,
    nothing: str,
    same: str,
) -> tuple[tuple[T, ...], list[str]]:
    """The samples in the order of their names, and every problem; a line's has its number.

    Args:
        text: the list.
        keys: what each line must have, beside others.
        read_row: makes the sample of its name and its line, or says what is wrong with the line.
        nothing: the problem of a list without samples.
        same: the problem of `{}` and `{}`, which have the same identity.
    """
    found: list[T] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        listed = _read_line(line, keys, read_row)
        if isinstance(listed, str):
            problems.append(f"line {number}: {listed}")
        else:
            found.append(listed)
    problems += _given_twice(found, same)
    if not found and not problems:
        problems.append(nothing)
    return tuple(sorted(found, key=lambda each: each.sample_id)), problems


def _read_line[T: Listed](
    line: str, keys: Sequence[str], read_row: Callable[[str, Mapping[str, Any]], T | str]
) -> T | str:
    try:
        row = read_json(line)
    except ValueError as error:
        return f"is not JSON: {error}"
    if not isinstance(row, Mapping) or not all(key in row for key in keys):
        return f"needs {', '.join(keys)}"
    sample = row["sampleId"]
    if not isinstance(sample, str) or not _NAME.fullmatch(sample):
        return f"sampleId {sample!r} is not a sample's name"
    return read_row(sample, row)


def _given_twice(found: Iterable[Listed], same: str) -> Iterator[str]:
    samples: set[str] = set()
    owners: dict[Hashable, str] = {}
    for each in found:
        if each.sample_id in samples:
            yield f"the sample {each.sample_id} is listed twice"
        samples.add(each.sample_id)
        other = owners.setdefault(each.identity, each.sample_id)
        if other != each.sample_id:
            yield same.format(other, each.sample_id)
