"""Options of a run's reference: genetic codes, and contigs that are left out."""

from collections.abc import Iterable
from typing import Annotated

import typer

from seqstack.domain.numbers import whole_number

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
