"""Divide a genome into windows that are called independently: pure."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

_LEAST_BASES = 200_000
_MOST_BASES = 10_000_000
_WINDOWS = 64


class Interval(NamedTuple):
    """Half-open, 0-based, as in BED."""

    contig: str
    start: int
    end: int


Window = tuple[Interval, ...]


def plan_windows(contigs: Mapping[str, int]) -> list[Window]:
    """Windows in the contigs' order that cover every base once.

    A window is a part of a long contig, or several whole short ones. Sizes depend only on the
    genome, so the calls do not depend on the number of workers.
    """
    size = min(_MOST_BASES, max(_LEAST_BASES, sum(contigs.values()) // _WINDOWS))
    windows: list[Window] = []
    short: list[Interval] = []
    for contig, length in contigs.items():
        pieces = max(1, round(length / size))
        bounds = [length * piece // pieces for piece in range(pieces + 1)]
        if pieces == 1 and sum(item.end for item in short) + length <= size:
            short.append(Interval(contig, 0, length))
            continue
        if short:
            windows.append(tuple(short))
            short = []
        for start, end in pairwise(bounds):
            windows.append((Interval(contig, start, end),))
    if short:
        windows.append(tuple(short))
    return windows


def within(windows: Sequence[Window], regions: Sequence[Interval]) -> list[Window]:
    """The parts of windows in `regions`, which are sorted in each contig and do not overlap."""
    by_contig: dict[str, list[Interval]] = {}
    for region in regions:
        by_contig.setdefault(region.contig, []).append(region)
    parts = (
        tuple(part for item in window for part in _parts(item, by_contig.get(item.contig, [])))
        for window in windows
    )
    return [part for part in parts if part]


def _parts(item: Interval, regions: Sequence[Interval]) -> Iterator[Interval]:
    first = bisect_right(regions, item.start, key=lambda region: region.end)
    for region in islice(regions, first, None):
        if region.start >= item.end:
            return
        yield Interval(item.contig, max(item.start, region.start), min(item.end, region.end))


def as_bed(window: Sequence[Interval]) -> str:
    """The window as BED; a file, because contig names may hold `:` and `,`."""
    return "".join(f"{item.contig}\t{item.start}\t{item.end}\n" for item in window)
