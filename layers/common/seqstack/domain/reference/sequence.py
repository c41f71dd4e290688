"""The codes of a FASTA's sequence: bases, N, and IUPAC's codes for one of several bases."""

from typing import Final

BASES: Final = b"ACGTNacgtn"
IUPAC_BASES: Final = {
    "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG",
}  # fmt: skip
"""The bases of each ambiguity code: https://doi.org/10.1093/nar/13.9.3021, table 1."""

_UPPER = "".join(IUPAC_BASES)
_FIRST = "".join(min(bases) for bases in IUPAC_BASES.values())
CODES: Final = (_UPPER + _UPPER.lower()).encode()
_REDUCED = bytes.maketrans(CODES + b"acgtn", (_FIRST + _FIRST + "ACGTN").encode())
_COMPLEMENT = bytes.maketrans(b"ACGTNRYSWKMBDHVacgtnryswkmbdhv", b"TGCANYRSWMKVHDBtgcanyrswmkvhdb")


def reduced(sequence: bytes) -> bytes:
    """The sequence in upper case, with each IUPAC code replaced by the alphabetically first of its
    bases.

    VCF requires this for REF: VCF 4.3, 1.6.1, field 4.
    """
    return sequence.translate(_REDUCED)


def reverse_complement(sequence: bytes) -> bytes:
    """The reverse complement."""
    return sequence.translate(_COMPLEMENT)[::-1]
