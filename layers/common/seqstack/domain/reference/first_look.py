"""Check the first bytes of a reference's files, before anything is staged or costs money."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from seqstack.domain.reference.aligner_index import parse_bwa_ann, parse_mmi_start
from seqstack.domain.reference.annotation import Annotation, read_annotation
from seqstack.domain.reference.contigs import Contig, contig_problems
from seqstack.domain.reference.fasta import FastaContig, scan_fasta
from seqstack.domain.reference.fasta_index import end_of_sequence, parse_fai, unlike_contigs
from seqstack.domain.reference.sites import read_sites
from seqstack.domain.reference.targets import read_targets

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib: 15 bits, and a gzip header around it
MOST_TEXT = 8 << 20
_BLANK_LINES = 1024  # bytes that may follow the last base of a FASTA
_MAKE_ANEW = "run `samtools faidx`, and upload the index beside the FASTA"


@dataclass(frozen=True, slots=True)
class Start:
    """The text that a file begins with; `is_whole`: it is all of it."""

    text: bytes
    is_packed: bool
    is_whole: bool

    @classmethod
    def of(cls, start: bytes, size: int) -> Self:
        """The text in the first bytes of a file of `size` bytes, gzipped (in any members) or not.

        At most `MOST_TEXT` of the decompressed text is read.

        Raises:
            ValueError: the gzip is damaged.
        """
        is_whole, is_packed = len(start) >= size, start.startswith(_GZIP_MAGIC)
        text = bytearray() if is_packed else bytearray(start)
        while start.startswith(_GZIP_MAGIC) and len(text) < MOST_TEXT:
            member = zlib.decompressobj(_GZIP_WINDOW)
            try:
                text += member.decompress(start, MOST_TEXT - len(text))
            except zlib.error as error:
                raise ValueError(f"is not a valid gzip file: {error}") from error
            is_whole = is_whole and member.eof
            start = member.unused_data
        if not is_whole:  # the last line may be incomplete
            del text[text.rfind(b"\n") + 1 :]
        return cls(bytes(text), is_packed, is_whole)


def read_index(text: bytes) -> tuple[tuple[FastaContig, ...], list[str]]:
    """The contigs of a `.fai`, and its problems."""
    try:
        contigs = parse_fai(text.decode())
    except ValueError as error:  # includes UnicodeDecodeError
        return (), [f"is not a FASTA index ({error}); {_MAKE_ANEW}"]
    return contigs, list(contig_problems(contigs))


def fasta_problems(start: bytes, size: int, index: Sequence[FastaContig]) -> Iterator[str]:
    """Yield problems of a FASTA or its `.fai` from the FASTA's first bytes.

    Args:
        start: its first bytes, or all of them.
        size: of the FASTA in bytes.
        index: the contigs of the `.fai`, empty if it can't be read.
    """
    try:
        seen = Start.of(start, size)
    except ValueError as error:
        yield str(error)
        return
    facts = scan_fasta([seen.text] if seen.text else [])
    if seen.is_whole:
        yield from facts.problems
    else:
        yield from facts.text_problems
        yield from contig_problems(facts.contigs[:-1] or (Contig("unknown", 1),))
    if not index or not facts.contigs:
        return
    if why := _unlike_start(facts.contigs, index, is_whole=seen.is_whole):
        yield f"its .fai belongs to another FASTA, or is older: {why}; {_MAKE_ANEW}"
    elif not seen.is_packed and not 0 <= size - end_of_sequence(index[-1]) <= _BLANK_LINES:
        yield (
            f"its .fai belongs to another FASTA, or is older: in it the last base ends at byte "
            f"{end_of_sequence(index[-1]):,}, and the FASTA has {size:,}; {_MAKE_ANEW}"
        )


def _unlike_start(
    found: Sequence[FastaContig], index: Sequence[FastaContig], *, is_whole: bool
) -> str:
    whole = found if is_whole else found[:-1]
    begun = () if is_whole else found[-1:]
    listed = index if is_whole else index[: len(whole)]
    if difference := next(unlike_contigs(listed, whole, "the .fai", "the FASTA"), ""):
        return difference
    for one, other in zip((*whole, *begun), index, strict=False):
        if (one.name, one.offset) != (other.name, other.offset):
            return (
                f"the FASTA has {one.name} at byte {one.offset:,}, the .fai {other.name} at "
                f"{other.offset:,}"
            )
        if one.length > one.line_bases and one.line_bytes != other.line_bytes:
            return f"the lines of {one.name} differ in length"
    return ""


def aligner_index_problems(
    suffix: str, start: bytes, index: Sequence[Contig], *, is_whole: bool
) -> Iterator[str]:
    """Yield how an aligner's index, such as `.ann` or `.mmi`, differs from the `.fai`."""
    try:
        if suffix == ".ann":
            contigs = parse_bwa_ann(start.decode()) if is_whole else ()
            is_complete = True
        else:
            contigs = parse_mmi_start(start)
            is_complete = is_whole or len(contigs) >= len(index)
    except ValueError as error:
        yield f"{error}; index the reference again"
        return
    if not contigs:
        return
    if problems := list(contig_problems(contigs)):
        yield from problems
        return
    there = index if is_complete else index[: len(contigs)]
    if difference := next(unlike_contigs(contigs, there, f"the {suffix}", "the .fai"), ""):
        yield f"belongs to another FASTA than the .fai: {difference}; index the reference again"


def look_at_annotation(start: bytes, size: int) -> tuple[Annotation, list[str]]:
    """An annotation from its first bytes, and its problems."""
    try:
        seen = Start.of(start, size)
    except ValueError as error:
        return Annotation(), [str(error)]
    annotation = read_annotation(seen.text.splitlines(keepends=True))
    missing = missing_features(annotation) if seen.is_whole else ()
    return annotation, [*annotation.problems, *missing]


def targets_problems(start: bytes, size: int, index: Sequence[Contig]) -> list[str]:
    """Problems of a BED file of targets, in its first bytes."""
    try:
        seen = Start.of(start, size)
    except ValueError as error:
        return [str(error)]
    return read_targets(seen.text.splitlines(), index).problems


def sites_problems(start: bytes, size: int, index: Sequence[Contig]) -> list[str]:
    """Problems of a VCF of common SNVs, in its first bytes; REF is compared by the job."""
    try:
        seen = Start.of(start, size)
    except ValueError as error:
        return [str(error)]
    return read_sites(seen.text.splitlines(), index).problems


def missing_features(annotation: Annotation) -> Iterator[str]:
    """Yield features that a whole annotation lacks for annotating variants."""
    if not any(contig.features for contig in annotation.contigs.values()):
        yield "has no features: give the genes of this assembly as GFF3 or GTF"
    elif not annotation.coding:
        yield (
            "has no coding sequences (CDS with a Parent in GFF3, or a transcript_id in GTF): no "
            "variant would change a protein; give the whole annotation"
        )
