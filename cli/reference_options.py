"""Options of a run's reference: what belongs to it, genetic codes, contigs that are left out."""

from collections.abc import Iterable
from typing import Annotated

import typer

from cli.options import number_option
from seqstack.domain.numbers import whole_number

TargetsOption = Annotated[
    str, typer.Option(metavar="FILE", help="Captured regions in BED, gzipped or not.")
]
PaddingOption = Annotated[
    int | None,
    number_option(low=0, help="Bases around targets in which variants are called too."),
]
SitesOption = Annotated[
    str, typer.Option(metavar="FILE", help="Common biallelic SNVs in VCF, for fingerprints.")
]

GeneticCodeOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CONTIG=NUMBER",
        help="NCBI genetic code of a contig, such as chrM=2, or of all others, *=11.",
    ),
]
LeaveOutOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CONTIG",
        help="A contig of the annotation that the reference lacks; KI27* for all with this prefix.",
    ),
]


def genetic_codes(texts: Iterable[str]) -> dict[str, int]:
    """The codes by contig.

    Raises:
        typer.BadParameter: a text is not a contig, '=' and a number.
    """
    codes = {}
    for text in texts:
        contig, _, number = text.rpartition("=")
        try:
            codes[contig] = whole_number(number)
        except ValueError as error:
            raise typer.BadParameter(f"--genetic-code: {error}, as in chrM=2") from error
        if not contig:
            raise typer.BadParameter(f"--genetic-code: {text!r} names no contig, as in chrM=2")
    return codes
