"""Parse snpEff's statistics (`-csvStats`): pure.

The file is not standard CSV: values are separated by commas and blanks and not quoted, so names can
contain both. Numbers can't, so they are parsed from the end of the line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seqstack.domain.plain_text import one_line

_SERIES = re.compile(
    r"(?P<name>.*?)(?:, *)?(?P<kind>Values|Position|Count) *,(?P<numbers>[-0-9., ]*)"
)
_TIME = re.compile(r"Date ?,")


@dataclass(frozen=True, slots=True)
class Series:
    """Counts by value; `name` is a contig's, or empty."""

    name: str
    values: tuple[float, ...]
    counts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section's title, and either rows, the first of them headings, or series."""

    title: str
    rows: tuple[tuple[str, ...], ...] = ()
    series: tuple[Series, ...] = ()


def read_sections(text: str) -> list[Section]:
    """The sections of a file, in order, without empty ones."""
    return [
        section for title, lines in _split(text) if (section := _section(title, lines)) is not None
    ]


def without_time(text: str) -> str:
    """The file without the row of the time, so that two jobs write the same."""
    return "".join(line for line in text.splitlines(keepends=True) if not _TIME.match(line))


def _split(text: str) -> Iterator[tuple[str, list[str]]]:
    title, lines = "", list[str]()
    for raw in text.split("\n"):
        line = one_line(raw).strip()
        if line.startswith("# "):
            yield title, lines
            title, lines = line.removeprefix("# "), []
        elif line:
            lines.append(line)
    yield title, lines


def _section(title: str, lines: list[str]) -> Section | None:
    if not lines:
        return None
    series = list(_series(lines))
    if series:
        return Section(title, series=tuple(series))
    if lines[0].replace(" ", "") == "Name,Value":
        return Section(title, tuple(_cells(line, 2, from_end=False) for line in lines))
    columns = len(lines[0].split(","))
    return Section(title, tuple(_cells(line, columns, from_end=True) for line in lines))


def _cells(line: str, columns: int, *, from_end: bool) -> tuple[str, ...]:
    cells = line.rsplit(",", columns - 1) if from_end else line.split(",", columns - 1)
    return tuple(cell.strip() for cell in cells)


def _series(lines: Iterable[str]) -> Iterator[Series]:
    """Pairs of lines: the values, or positions, and how often each occurred."""
    values: tuple[float, ...] = ()
    for line in lines:
        found = _SERIES.fullmatch(line)
        if found is None:
            continue
        numbers = tuple(float(each) for each in found["numbers"].split(",") if each.strip())
        if found["kind"] != "Count":
            values = numbers
        elif len(values) == len(numbers) > 0:
            yield Series(found["name"].strip(), values, numbers)
            values = ()
