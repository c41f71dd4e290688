"""The sample's two haplotypes, and where a base of the reference lies in them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.exome.genome import Codes, encode
from demo.exome.variant import Edit, Planted


@dataclass(frozen=True, slots=True)
class Haplotype:
    """One copy of a chromosome: its bases, and the map from the reference's positions.

    `edit_ends` ascend in reference coordinates; `shifts[i]` is by how much a position at or
    after `edit_ends[i - 1]` and before `edit_ends[i]` is moved.
    """

    bases: Codes
    edit_ends: NDArray[np.int64]
    shifts: NDArray[np.int64]

    def place(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where these reference positions (0-based) lie on the haplotype.

        A position inside a replaced stretch has no counterpart: it gets that of the stretch's
        start plus its distance from there.
        """
        return positions + self.shifts[np.searchsorted(self.edit_ends, positions, side="right")]


def build_haplotype(chromosome: str, edits: Iterable[Edit]) -> Haplotype:
    """Apply edits that do not overlap to a chromosome."""
    ordered = sorted(edits, key=lambda edit: edit.start)
    pieces, at = [], 0
    for edit in ordered:
        pieces += [chromosome[at : edit.start], edit.inserted]
        at = edit.end
    pieces.append(chromosome[at:])
    return Haplotype(
        bases=encode("".join(pieces)),
        edit_ends=np.array([edit.end for edit in ordered], dtype=np.int64),
        shifts=np.cumsum([0, *(edit.shift for edit in ordered)], dtype=np.int64),
    )


def build_haplotypes(
    genome: dict[str, str], planted: Iterable[Planted]
) -> dict[str, tuple[Haplotype, Haplotype]]:
    """Both haplotypes of every chromosome."""
    variants = list(planted)

    def copy(chrom: str, which: int) -> Haplotype:
        carried = [
            p.variant.edit for p in variants if p.variant.chrom == chrom and p.haplotypes[which]
        ]
        return build_haplotype(genome[chrom], carried)

    return {chrom: (copy(chrom, 0), copy(chrom, 1)) for chrom in genome}
