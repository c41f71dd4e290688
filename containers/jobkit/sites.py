"""The sites of common variants of a job, against its FASTA."""

from collections.abc import Sequence
from pathlib import Path

from jobkit.annotation import lines_of
from jobkit.errors import InvalidInputError
from seqstack.domain.reference.fasta import FastaContig
from seqstack.domain.reference.sites import Site, read_sites


def fitting_sites(path: Path, fasta: Path, contigs: Sequence[FastaContig]) -> tuple[Site, ...]:
    """The sites of a VCF, plain or gzipped; `contigs` have their places in the unpacked `fasta`.

    Raises:
        InvalidInputError: they can't be read, or do not fit the FASTA.
    """
    with fasta.open("rb") as file:

        def base_at(number: int, place: int) -> str:
            contig = contigs[number]
            line, column = divmod(place, contig.line_bases)
            file.seek(contig.offset + line * contig.line_bytes + column)
            return file.read(1).decode("ascii", "replace").upper()

        found = read_sites(lines_of(path), contigs, base_at)
    if found.problems:
        raise InvalidInputError(
            f"the sites {path.name} can't be used: {found.problems[0]}",
            hint="give a VCF of common biallelic SNVs of this reference",
            evidence=found.problems,
        )
    return found.sites
