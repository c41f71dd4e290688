"""The regions of a BED file."""

import gzip
from bisect import bisect_right
from pathlib import Path
from typing import Self

from cli.errors import usage

_GZIP = b"\x1f\x8b"
_HEADERS = ("track", "browser")


class Regions:
    """Bases of a reference, by contig: merged intervals, 0-based and half-open."""

    def __init__(self, intervals: dict[str, list[tuple[int, int]]]) -> None:
        self._merged = {contig: _merged(sorted(spans)) for contig, spans in intervals.items()}

    @classmethod
    def of_bed(cls, bed: Path) -> Self:
        """Read a BED file, plain or compressed by gzip or bgzip.

        Raises:
            CliError: it can't be read, has no region, or a line is no region.
        """
        try:
            lines = _text(bed).splitlines()
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise usage(f"{bed} can't be read: {error}") from error
        intervals: dict[str, list[tuple[int, int]]] = {}
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith("#") or line.split(maxsplit=1)[0] in _HEADERS:
                continue
            try:
                contig, start, end = _region(line)
            except ValueError:
                raise usage(
                    f"{bed}, line {number}: not a region",
                    "a region is a contig, start and end, separated by tabs; start is below end",
                ) from None
            intervals.setdefault(contig, []).append((start, end))
        if not intervals:
            raise usage(f"{bed} has no region")
        return cls(intervals)

    @property
    def contigs(self) -> tuple[str, ...]:
        """The contigs that have regions, in the file's order."""
        return tuple(self._merged)

    @property
    def bases(self) -> int:
        """How many bases the regions have, each counted once."""
        return sum(end - start for spans in self._merged.values() for start, end in spans)

    def within(self, others: "Regions") -> "Regions":
        """The bases that both have.

        Raises:
            CliError: there are none.
        """
        both: dict[str, list[tuple[int, int]]] = {}
        for contig, spans in self._merged.items():
            theirs = others._merged.get(contig, [])
            common = [
                (max(start, first), min(end, last))
                for start, end in spans
                for first, last in theirs[_before(theirs, start) : _before(theirs, end) + 1]
                if max(start, first) < min(end, last)
            ]
            if common:
                both[contig] = common
        if not both:
            raise usage("the regions and the targets have no base in common")
        return Regions(both)

    def has(self, contig: str, pos: int) -> bool:
        """Whether the base at `pos`, counted from 1, is in a region."""
        spans = self._merged.get(contig, [])
        n = bisect_right(spans, pos - 1, key=_start) - 1
        return n >= 0 and pos <= spans[n][1]


def _start(span: tuple[int, int]) -> int:
    return span[0]


def _before(spans: list[tuple[int, int]], base: int) -> int:
    """The number of the last interval that starts before or at a base; 0 if none does."""
    return max(0, bisect_right(spans, base, key=_start) - 1)


def _text(bed: Path) -> str:
    content = bed.read_bytes()
    return (gzip.decompress(content) if content.startswith(_GZIP) else content).decode()


def _region(line: str) -> tuple[str, int, int]:
    contig, start_text, end_text = line.rstrip("\r\n").split("\t")[:3]
    start, end = int(start_text), int(end_text)
    if not contig or not 0 <= start < end:
        raise ValueError
    return contig, start, end


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
