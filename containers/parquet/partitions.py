"""The partitions of a cohort's tables: chromosomes, and bins of positions; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from seqstack.domain.reference.contigs import Contig
from seqstack.domain.variant_tables import OTHER

_LEAST_BASES = 1_000_000
_MOST_CHROMOSOMES = 100
_MOST_BINS = 150
BIN_BASES = 50_000_000
"""Of a human genome. The fewer files, the faster is a query; a thousand genomes fill a gigabyte."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")  # a folder's name as it is


@dataclass(frozen=True, slots=True)
class Partitions:
    """How the genome is divided: the number of bins of each chromosome, and their size in bases."""

    bins: dict[str, int]
    bin_bases: int

    def of(self, contig: str, position: int) -> tuple[str, int]:
        """The chromosome and bin of a 1-based position."""
        return (contig, position // self.bin_bases) if contig in self.bins else (OTHER, 0)


def partitions_of(contigs: Sequence[Contig]) -> Partitions:
    """The partitions of a reference: some 70 of a human genome, and never above 150.

    Of a reference with many contigs, the longest, of a million bases at least, are chromosomes of
    their own; all others share one partition, because there can be thousands of them.
    """
    able = [each for each in contigs if each.name != OTHER and _NAME.fullmatch(each.name)]
    if len(contigs) > _MOST_CHROMOSOMES:
        able = [each for each in able if each.length >= _LEAST_BASES]
    longest = {each.name for each in sorted(able, key=_length, reverse=True)[:_MOST_CHROMOSOMES]}
    chromosomes = [each for each in contigs if each.name in longest]
    bases = BIN_BASES
    while sum(_bins(each, bases) for each in chromosomes) > _MOST_BINS:
        bases *= 2
    return Partitions({each.name: _bins(each, bases) for each in chromosomes}, bases)


def _length(contig: Contig) -> int:
    return contig.length


def _bins(contig: Contig, bases: int) -> int:
    return contig.length // bases + 1
