"""A transcript on the genome, and what it reads."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from demo.exome.genetic_code import reverse_complement

Span = tuple[int, int]
"""0-based, half-open."""

Strand = Literal["+", "-"]


@dataclass(frozen=True)
class Transcript:
    """A coding transcript; coordinates are 0-based, half-open, on the forward strand.

    `exons` ascend. `coding` runs over introns from the outermost base of one end of the coding
    sequence to the other; the stop codon belongs to it, as in GFF3.
    """

    chrom: str
    gene: str
    name: str
    strand: Strand
    exons: tuple[Span, ...]
    coding: Span

    @property
    def span(self) -> Span:
        """From the first base of the first exon to the last of the last."""
        return self.exons[0][0], self.exons[-1][1]

    @property
    def introns(self) -> tuple[Span, ...]:
        """The gaps between exons, ascending."""
        return tuple((left[1], right[0]) for left, right in pairwise(self.exons))

    @property
    def coding_exons(self) -> tuple[Span, ...]:
        """The coding part of each exon that has one, ascending."""
        start, end = self.coding
        clipped = ((max(a, start), min(b, end)) for a, b in self.exons)
        return tuple((a, b) for a, b in clipped if a < b)

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """The genome position of every base of the mature transcript, in the order of reading."""
        return self._in_reading_order(self.exons)

    @cached_property
    def coding_positions(self) -> NDArray[np.int64]:
        """The genome position of every base of the coding sequence, in the order of reading."""
        return self._in_reading_order(self.coding_exons)

    def coding_sequence(self, chromosome: str) -> str:
        """What the ribosome reads, stop codon included, given its chromosome's sequence."""
        spliced = "".join(chromosome[a:b] for a, b in self.coding_exons)
        return spliced if self.strand == "+" else reverse_complement(spliced)

    def _in_reading_order(self, spans: tuple[Span, ...]) -> NDArray[np.int64]:
        ascending = np.concatenate([np.arange(a, b) for a, b in spans])
        return ascending if self.strand == "+" else ascending[::-1]
