"""A FASTA's index (`.fai`): parse it, and compare it with a FASTA.

https://www.htslib.org/doc/faidx.html
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from seqstack.domain.numbers import whole_number
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.fasta import FastaContig, FastaFacts

_COLUMNS = 5
_SHOWN = 3


def parse_fai(text: str) -> tuple[FastaContig, ...]:
    """The rows of an index.

    Raises:
        ValueError: it is not an index.
    """
    return tuple(_row(line) for line in text.splitlines())


def _row(line: str) -> FastaContig:
    columns = line.split("\t")
    if len(columns) != _COLUMNS:
        raise ValueError(f"{line[:80]!r} is not a line of a FASTA index")
    length, offset, line_bases, line_bytes = (whole_number(column) for column in columns[1:])
    return FastaContig(columns[0], length, offset, line_bases, line_bytes)


def end_of_sequence(contig: FastaContig) -> int:
    """The offset after a contig's last base, in an uncompressed FASTA."""
    if not contig.line_bases:
        return contig.offset
    lines, rest = divmod(contig.length, contig.line_bases)
    last = contig.line_bytes if not rest else 0
    return contig.offset + lines * contig.line_bytes + rest - (last and last - contig.line_bases)


def unlike_fasta(index: Sequence[FastaContig], fasta: FastaFacts) -> Iterator[str]:
    """Yield how an index differs from the FASTA beside it, which was read whole."""
    yield from unlike_contigs(index, fasta.contigs, "the .fai", "the FASTA")
    if [_named(one) for one in index] != [_named(one) for one in fasta.contigs]:
        return
    for one, other in zip(index, fasta.contigs, strict=True):
        if one.offset != other.offset or not _has_same_lines(one, other):
            yield f"{one.name}: its lines are not at the offsets of the .fai"
            return


def _has_same_lines(one: FastaContig, other: FastaContig) -> bool:
    if other.length <= other.line_bases:  # one line: its line length is not used
        return True
    return (one.line_bases, one.line_bytes) == (other.line_bases, other.line_bytes)


def unlike_contigs(
    these: Sequence[Contig], those: Sequence[Contig], here: str, there: str
) -> Iterator[str]:
    """Yield the first differences in contigs' names, lengths and order."""
    if [_named(one) for one in these] == [_named(one) for one in those]:
        return
    if len(these) != len(those):
        yield f"{here} has {len(these)} contigs, {there} {len(those)}"
    shown = 0
    for one, other in zip_longest(these, those):
        if (one and _named(one)) != (other and _named(other)):
            yield f"{here} has {_said(one)} where {there} has {_said(other)}"
            shown += 1
        if shown == _SHOWN:
            return


def _named(contig: Contig) -> tuple[str, int]:
    return (contig.name, contig.length)


def _said(contig: Contig | None) -> str:
    return f"{contig.name} of {contig.length:,} bases" if contig else "none"
