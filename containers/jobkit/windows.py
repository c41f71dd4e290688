"""Divide a genome into windows that are called independently: pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    by_contig = _by_contig(regions)
    parts = (
        tuple(part for item in window for part in _parts(item, by_contig.get(item.contig, [])))
        for window in windows
    )
    return [part for part in parts if part]


def _by_contig(regions: Iterable[Interval]) -> dict[str, list[Interval]]:
    by_contig: dict[str, list[Interval]] = {}
    for region in regions:
        by_contig.setdefault(region.contig, []).append(region)
    return by_contig


def _parts(item: Interval, regions: Sequence[Interval]) -> Iterator[Interval]:
    first = bisect_right(regions, item.start, key=lambda region: region.end)
    for region in islice(regions, first, None):
        if region.start >= item.end:
            return
        yield Interval(item.contig, max(item.start, region.start), min(item.end, region.end))


def begun_earlier(
    windows: Iterable[Window], bases: int, limits: Iterable[Interval]
) -> list[Window]:
    """The windows, whose intervals begin up to `bases` earlier, and are one if they then touch.

    None leaves that of `limits` in which it is; these are as the regions of `within`.
    """
    by_contig = _by_contig(limits)

    def earlier(item: Interval) -> Interval:
        around = by_contig[item.contig]
        limit = around[bisect_right(around, item.start, key=lambda each: each.start) - 1]
        return item._replace(start=max(limit.start, item.start - bases))

    return [tuple(_joined(map(earlier, window))) for window in windows]


def _joined(items: Iterable[Interval]) -> Iterator[Interval]:
    last: Interval | None = None
    for item in items:
        if last and last.contig == item.contig and item.start <= last.end:
            last = last._replace(end=item.end)
            continue
        if last:
            yield last
        last = item
    if last:
        yield last


def as_bed(window: Sequence[Interval]) -> str:
    """The window as BED; a file, because contig names may hold `:` and `,`."""
    return "".join(f"{item.contig}\t{item.start}\t{item.end}\n" for item in window)
