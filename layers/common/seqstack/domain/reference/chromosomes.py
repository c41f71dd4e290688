"""The chromosomes of a human-like karyotype among a reference's contigs, and where X and Y pair."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from seqstack.domain.reference.contigs import Contig

_AUTOSOMES: Final = 22
# 1 or chr1 (Ensembl, UCSC); the accessions of RefSeq and GenBank, whose numbers begin at 1 and 663
_NAME = re.compile(
    r"(?:chr)?(?P<plain>[1-9]|1[0-9]|2[0-2]|X|Y)"
    r"|NC_0000(?P<refseq>0[1-9]|1[0-9]|2[0-4])\.[0-9]+"
    r"|CM000(?P<genbank>66[3-9]|67[0-9]|68[0-6])\.[0-9]+"
)
_SEX: Final = {"X": _AUTOSOMES + 1, "Y": _AUTOSOMES + 2}

type Span = tuple[int, int]
"""Bases from 0, the end excluded."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """A human assembly: its pseudoautosomal regions, in which X and Y are alike."""

    name: str
    x_pars: tuple[Span, ...]
    y_pars: tuple[Span, ...]


# By the lengths of X and Y. Regions: https://www.ncbi.nlm.nih.gov/grc/human
_ASSEMBLIES: Final = {
    (155_270_560, 59_373_566): Assembly(
        "GRCh37",
        x_pars=((60_000, 2_699_520), (154_931_043, 155_260_560)),
        y_pars=((10_000, 2_649_520), (59_034_049, 59_363_566)),
    ),
    (156_040_895, 57_227_415): Assembly(
        "GRCh38",
        x_pars=((10_000, 2_781_479), (155_701_382, 156_030_895)),
        y_pars=((10_000, 2_781_479), (56_887_902, 57_217_415)),
    ),
}
_UNKNOWN: Final = Assembly("", (), ())


@dataclass(frozen=True, slots=True)
class Chromosomes:
    """The contigs that are autosomes, X and Y by their names.

    `assembly` has no name and no regions if the lengths of X and Y are no human assembly's.
    """

    autosomes: tuple[Contig, ...]
    x: Contig
    y: Contig

    @classmethod
    def among(cls, contigs: Iterable[Contig]) -> Self | None:
        """Those of a reference; None if it lacks X, Y or any autosome, or has one of them twice."""
        found: dict[int, Contig] = {}
        for contig in contigs:
            if number := _number(contig.name):
                if number in found:
                    return None
                found[number] = contig
        x, y = found.pop(_SEX["X"], None), found.pop(_SEX["Y"], None)
        if x is None or y is None or not found:
            return None
        return cls(tuple(found[number] for number in sorted(found)), x, y)

    @property
    def assembly(self) -> Assembly:
        """The human assembly."""
        return _ASSEMBLIES.get((self.x.length, self.y.length), _UNKNOWN)

    def pars(self, contig: str) -> tuple[Span, ...]:
        """The pseudoautosomal regions of a contig; an autosome has none."""
        by_contig = {self.x.name: self.assembly.x_pars, self.y.name: self.assembly.y_pars}
        return by_contig.get(contig, ())

    @property
    def contigs(self) -> tuple[Contig, ...]:
        """All of them: autosomes, X, Y."""
        return (*self.autosomes, self.x, self.y)


def _number(name: str) -> int | None:
    found = _NAME.fullmatch(name)
    if not found:
        return None
    if plain := found["plain"]:
        return _SEX.get(plain) or int(plain)
    return int(found["refseq"]) if found["refseq"] else int(found["genbank"]) - 662
