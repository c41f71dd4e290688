"""Isaac's references: a FASTA, or a sorted-reference.xml, which is made movable here."""

import re
from dataclasses import dataclass
from pathlib import Path

from jobkit.errors import InvalidInputError
from jobkit.fastq import is_gzipped
from seqstack.domain.plain_text import refusal

SORTED_REFERENCE = "sorted-reference.xml"

_FILE = re.compile(r"<File>([^<]*)</File>")
_CONTIG = re.compile(r"<Contig[\s>]")
_BASES = re.compile(r"<TotalBases>([0-9]+)</TotalBases>")


@dataclass(frozen=True, slots=True)
class SortedReference:
    """What isaac-align's -r names.

    Attributes:
        name: of the file for -r.
        xml: the text, each <File> without its folder: isaac-align then looks beside the XML.
        fasta_names: the FASTA files that must lie beside it.
        contigs: how many.
        bases: their total length.
    """

    name: str
    xml: str
    fasta_names: tuple[str, ...]
    contigs: int
    bases: int


def read_sorted_reference(xml: str) -> SortedReference:
    """Read and relocate.

    Raises:
        InvalidInputError: no contigs, an empty contig, or no FASTA file. isaac-sort-reference
            leaves with 0 and writes these for a gzipped or empty FASTA. Or a FASTA file whose name
            is no text.
    """
    names = {path.rpartition("/")[2] for path in _FILE.findall(xml)}
    contigs = len(_CONTIG.findall(xml))
    bases = [int(number) for number in _BASES.findall(xml)]
    if not contigs or not names or 0 in bases:
        raise InvalidInputError(
            f"sorted-reference.xml lists {contigs} contigs, {bases.count(0)} of them empty",
            hint="make it anew with isaac-sort-reference, from a FASTA that is not gzipped",
        )
    for name in names:
        if why := refusal(name):
            raise InvalidInputError(
                f"sorted-reference.xml lists a FASTA file whose name {why}",
                hint="rename the FASTA and make the reference anew with isaac-sort-reference",
            )
    relative = _FILE.sub(lambda found: f"<File>{found[1].rpartition('/')[2]}</File>", xml)
    return SortedReference(SORTED_REFERENCE, relative, tuple(sorted(names)), contigs, sum(bases))


def is_fasta(name: str) -> bool:
    """True when an object's name says FASTA; anything else is a folder with an XML."""
    return name.removesuffix(".gz").endswith((".fa", ".fasta", ".fna"))


def describe_fasta(path: Path) -> SortedReference:
    """A FASTA used without an XML; its size in bytes stands for its bases.

    Raises:
        InvalidInputError: it is gzipped, or holds no contig: Isaac would take it for empty.
    """
    contigs = 0
    if not is_gzipped(path):
        with path.open("rb") as lines:
            contigs = sum(line.startswith(b">") for line in lines)
    if not contigs:
        raise InvalidInputError(
            f"{path.name} holds no contigs that isaac-align can read",
            hint="give a FASTA that is not gzipped",
        )
    return SortedReference(path.name, "", (path.name,), contigs, path.stat().st_size)
