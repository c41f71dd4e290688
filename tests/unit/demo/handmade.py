"""A gene small enough to work out by hand, and its mirror image on the other strand.

10 flank | 16 5'UTR GACGAC | ATG GCT AAA T | 26 intron GT...AG | 50 GG GAA TTC TGA | 61 CATCAT
protein   M A K W E F *
"""

from dataclasses import dataclass

from demo.exome.genetic_code import reverse_complement
from demo.exome.transcript import Transcript
from demo.exome.variant import Edit

_EXON1 = "GACGAC" + "ATGGCTAAAT"
_INTRON = "GTAAGTCCCCTTTTCCCCTTTCAG"
_EXON2 = "GGGAATTCTGA" + "CATCAT"


@dataclass(frozen=True)
class Gene:
    transcript: Transcript
    chromosome: str

    def mirrored(self) -> "Gene":
        """The same gene read from the other strand of the reverse complement."""
        size = len(self.chromosome)
        t = self.transcript
        return Gene(
            Transcript(
                chrom=t.chrom,
                gene=t.gene,
                name=t.name,
                strand="-" if t.strand == "+" else "+",
                exons=tuple((size - b, size - a) for a, b in reversed(t.exons)),
                coding=(size - t.coding[1], size - t.coding[0]),
            ),
            reverse_complement(self.chromosome),
        )

    def mirror(self, edit: Edit) -> Edit:
        size = len(self.chromosome)
        return Edit(size - edit.end, size - edit.start, reverse_complement(edit.inserted))


FORWARD = Gene(
    Transcript("chr1", "G1", "T1", "+", exons=((10, 26), (50, 67)), coding=(16, 61)),
    "C" * 10 + _EXON1 + _INTRON + _EXON2 + "G" * 10,
)
