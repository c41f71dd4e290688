"""NCBI's genetic codes, also in the format of snpEff's config.

https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi. The codes in which one codon is both a
stop and an amino acid (27, 28, 31) are left out, because they depend on context.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

STANDARD: Final = 1
VERTEBRATE_MITOCHONDRIAL: Final = 2
BACTERIAL: Final = 11
_CODONS = tuple(map("".join, product("TCAG", repeat=3)))


@dataclass(frozen=True, slots=True)
class GeneticCode:
    """One code: `amino_acids` in the order of NCBI's tables (TTT, TTC, TTA, …), `*` for a stop."""

    number: int
    name: str
    amino_acids: str
    starts: frozenset[bytes]

    @property
    def stops(self) -> tuple[bytes, ...]:
        """The codons that end a protein."""
        return tuple(
            codon.encode()
            for codon, amino_acid in zip(_CODONS, self.amino_acids, strict=True)
            if amino_acid == "*"
        )

    @property
    def snpeff_name(self) -> str:
        """Its name in a snpEff config with `snpeff_table`."""
        return f"NCBI_{self.number}"

    @property
    def snpeff_table(self) -> str:
        """The line of a snpEff config with all codons; `+` marks a start."""
        codons = (
            f"{codon}/{amino_acid}{'+' if codon.encode() in self.starts else ''}"
            for codon, amino_acid in zip(_CODONS, self.amino_acids, strict=True)
        )
        return f"codon.{self.snpeff_name} : {', '.join(codons)}"


def _code(number: int, name: str, amino_acids: str, starts: str) -> GeneticCode:
    return GeneticCode(number, name, amino_acids, frozenset(starts.encode().split()))


GENETIC_CODES: Final[Mapping[int, GeneticCode]] = {
    code.number: code
    for code in (
        _code(
            1,
            "Standard",
            "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "TTG CTG ATG",
        ),
        _code(
            2,
            "Vertebrate Mitochondrial",
            "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG",
            "ATT ATC ATA ATG GTG",
        ),
        _code(
            3,
            "Yeast Mitochondrial",
            "FFLLSSSSYY**CCWWTTTTPPPPHHQQRRRRIIMMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATA ATG GTG",
        ),
        _code(
            4,
            "Mold, Protozoan and Coelenterate Mitochondrial; Mycoplasma, Spiroplasma",
            "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "TTA TTG CTG ATT ATC ATA ATG GTG",
        ),
        _code(
            5,
            "Invertebrate Mitochondrial",
            "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSSSVVVVAAAADDEEGGGG",
            "TTG ATT ATC ATA ATG GTG",
        ),
        _code(
            6,
            "Ciliate, Dasycladacean and Hexamita Nuclear",
            "FFLLSSSSYYQQCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATG",
        ),
        _code(
            9,
            "Echinoderm and Flatworm Mitochondrial",
            "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
            "ATG GTG",
        ),
        _code(
            10,
            "Euplotid Nuclear",
            "FFLLSSSSYY**CCCWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATG",
        ),
        _code(
            11,
            "Bacterial, Archaeal and Plant Plastid",
            "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "TTG CTG ATT ATC ATA ATG GTG",
        ),
        _code(
            12,
            "Alternative Yeast Nuclear",
            "FFLLSSSSYY**CC*WLLLSPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "CTG ATG",
        ),
        _code(
            13,
            "Ascidian Mitochondrial",
            "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSGGVVVVAAAADDEEGGGG",
            "TTG ATA ATG GTG",
        ),
        _code(
            14,
            "Alternative Flatworm Mitochondrial",
            "FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
            "ATG",
        ),
        _code(
            15,
            "Blepharisma Macronuclear",
            "FFLLSSSSYY*QCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATG",
        ),
        _code(
            16,
            "Chlorophycean Mitochondrial",
            "FFLLSSSSYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATG",
        ),
        _code(
            21,
            "Trematode Mitochondrial",
            "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNNKSSSSVVVVAAAADDEEGGGG",
            "ATG GTG",
        ),
        _code(
            22,
            "Scenedesmus obliquus Mitochondrial",
            "FFLLSS*SYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATG",
        ),
        _code(
            23,
            "Thraustochytrium Mitochondrial",
            "FF*LSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATT ATG GTG",
        ),
        _code(
            24,
            "Pterobranchia Mitochondrial",
            "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG",
            "TTG CTG ATG GTG",
        ),
        _code(
            25,
            "Candidate Division SR1 and Gracilibacteria",
            "FFLLSSSSYY**CCGWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "TTG ATG GTG",
        ),
        _code(
            26,
            "Pachysolen tannophilus Nuclear",
            "FFLLSSSSYY**CC*WLLLAPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "CTG ATG",
        ),
        _code(
            29,
            "Mesodinium Nuclear",
            "FFLLSSSSYYYYCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATG",
        ),
        _code(
            30,
            "Peritrich Nuclear",
            "FFLLSSSSYYEECC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "ATG",
        ),
        _code(
            32,
            "Balanophoraceae Plastid",
            "FFLLSSSSYY*WCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
            "TTG CTG ATT ATC ATA ATG GTG",
        ),
        _code(
            33,
            "Cephalodiscidae Mitochondrial",
            "FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG",
            "TTG CTG ATG GTG",
        ),
    )
}
"""By number."""
