"""The standard genetic code (NCBI translation table 1)."""

from itertools import product

# https://www.ncbi.nlm.nih.gov/Taxonomy/Utils/wprintgc.cgi: amino acids in TCAG order.
_AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
CODONS: dict[str, str] = dict(
    zip(map("".join, product("TCAG", repeat=3)), _AMINO_ACIDS, strict=True)
)
START = "ATG"
STOPS = frozenset(codon for codon, amino_acid in CODONS.items() if amino_acid == "*")

THREE_LETTERS = {
    "A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His",
    "I": "Ile", "K": "Lys", "L": "Leu", "M": "Met", "N": "Asn", "P": "Pro", "Q": "Gln",
    "R": "Arg", "S": "Ser", "T": "Thr", "V": "Val", "W": "Trp", "Y": "Tyr", "*": "*",
}  # fmt: skip

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def reverse_complement(bases: str) -> str:
    """The other strand, read in its own direction."""
    return bases.translate(_COMPLEMENT)[::-1]


def split_codons(coding: str) -> list[str]:
    """Whole codons from the first base on; one or two bases left over are dropped."""
    return [coding[i : i + 3] for i in range(0, len(coding) - 2, 3)]


def translate(coding: str) -> str:
    """Amino acids by one letter, stops as `*`, without stopping at a stop."""
    return "".join(CODONS[codon] for codon in split_codons(coding))
