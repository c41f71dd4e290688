"""Capture targets: BED (UCSC's format, of which the first three columns are read)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from seqstack.domain.numbers import whole_number
from seqstack.domain.reference.contigs import Contig

_COLUMNS = 3
_MOST_PROBLEMS = 5
_HEADERS = (b"track", b"browser")


class Region(NamedTuple):
    """A stretch of a contig: its number in the FASTA, and bases from 0, `end` excluded."""

    contig: int
    start: int
    end: int


@dataclass(slots=True)
class Targets:
    """What a BED file holds: `regions` sorted as the FASTA has its contigs, none touching another.

    `lines` counts the regions of the file.
    """

    regions: tuple[Region, ...] = ()
    lines: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def bases(self) -> int:
        """How many bases they cover."""
        return sum(region.end - region.start for region in self.regions)

    def padded(self, bases: int, contigs: Sequence[Contig]) -> "Targets":
        """The same regions with `bases` more on both sides, within their contigs."""
        wider = (
            Region(
                region.contig,
                max(0, region.start - bases),
                min(contigs[region.contig].length, region.end + bases),
            )
            for region in self.regions
        )
        return Targets(tuple(_merged(wider)), self.lines)

    def as_bed(self, contigs: Sequence[Contig]) -> Iterator[str]:
        """The lines of a BED file."""
        for region in self.regions:
            yield f"{contigs[region.contig].name}\t{region.start}\t{region.end}\n"


def read_targets(lines: Iterable[bytes], contigs: Sequence[Contig]) -> Targets:
    """Read a BED file of these contigs; its problems name lines."""
    numbers = {contig.name: number for number, contig in enumerate(contigs)}
    found: list[Region] = []
    targets = Targets()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith(b"#") or text.split(maxsplit=1)[0] in _HEADERS:
            continue
        try:
            found.append(_region(text, numbers, contigs))
        except ValueError as error:
            targets.problems.append(f"line {number}: {error}")
            if len(targets.problems) == _MOST_PROBLEMS:
                break
    if not found and not targets.problems:
        targets.problems.append("it has no regions: give lines of contig, start and end")
    targets.lines = len(found)
    targets.regions = tuple(_merged(sorted(found)))
    return targets


def _region(text: bytes, numbers: dict[str, int], contigs: Sequence[Contig]) -> Region:
    columns = text.decode("utf-8", "replace").split("\t")
    if len(columns) < _COLUMNS:
        columns = columns[0].split()  # blanks are allowed, too
    if len(columns) < _COLUMNS:
        raise ValueError("it has fewer than three columns: contig, start and end")
    name, start, end = columns[0], _place(columns[1]), _place(columns[2])
    if name not in numbers:
        raise ValueError(
            f"the FASTA has no contig {name[:100]!r}: give the targets of this assembly, with its "
            "names of contigs"
        )
    length = contigs[numbers[name]].length
    if start >= end:
        raise ValueError(f"the region begins at {start:,} and ends at {end:,}: it has no bases")
    if end > length:
        raise ValueError(
            f"the region ends at {end:,}, and {name} has {length:,} bases: the targets belong to "
            "another assembly"
        )
    return Region(numbers[name], start, end)


def _place(text: str) -> int:
    try:
        place = whole_number(text)
    except ValueError:
        place = -1
    if place < 0:
        raise ValueError(f"{text[:100]!r} is no place on a contig: a whole number from 0")
    return place


def _merged(regions: Iterable[Region]) -> Iterator[Region]:
    for contig, group in groupby(regions, key=lambda region: region.contig):
        start, end = -1, -1
        for region in group:
            if start >= 0 and region.start > end:
                yield Region(contig, start, end)
                start = -1
            start = region.start if start < 0 else start
            end = max(end, region.end)
        yield Region(contig, start, end)
