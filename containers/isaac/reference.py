"""Isaac's sorted-reference.xml: what it says, and making it movable."""

import re
from dataclasses import dataclass

from jobkit.errors import InvalidInputError

_FILE = re.compile(r"<File>([^<]*)</File>")
_CONTIG = re.compile(r"<Contig[\s>]")
_BASES = re.compile(r"<TotalBases>(\d+)</TotalBases>")


@dataclass(frozen=True, slots=True)
class SortedReference:
    """A reference as isaac-sort-reference wrote it.

    Attributes:
        xml: the text, each <File> without its folder: isaac-align then looks beside the XML.
        fasta_names: the FASTA files that must lie beside it.
        contigs: how many.
        bases: their total length.
    """

    xml: str
    fasta_names: tuple[str, ...]
    contigs: int
    bases: int


def read_sorted_reference(xml: str) -> SortedReference:
    """Read and relocate.

    Raises:
        InvalidInputError: no contigs, an empty contig, or no FASTA file. isaac-sort-reference
            leaves with 0 and writes these for a gzipped or empty FASTA.
    """
    names = {path.rpartition("/")[2] for path in _FILE.findall(xml)}
    contigs = len(_CONTIG.findall(xml))
    bases = [int(number) for number in _BASES.findall(xml)]
    if not contigs or not names or 0 in bases:
        raise InvalidInputError(
            f"sorted-reference.xml lists {contigs} contigs, {bases.count(0)} of them empty",
            hint="make it anew with isaac-sort-reference, from a FASTA that is not gzipped",
        )
    relative = _FILE.sub(lambda found: f"<File>{found[1].rpartition('/')[2]}</File>", xml)
    return SortedReference(relative, tuple(sorted(names)), contigs, sum(bases))
