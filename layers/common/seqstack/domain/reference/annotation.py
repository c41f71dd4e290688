"""Read an annotation, GFF3 or GTF, as a stream: its contigs and coding sequences.

https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md,
https://mblab.wustl.edu/GTF22.html
"""

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

COLUMNS = 9
_FEATURE = re.compile(
    rb"([^\t]*)\t[^\t]*\t([^\t]*)\t([0-9]{1,18})\t([0-9]{1,18})\t[^\t]*\t([^\t]*)\t([^\t]*)"
    rb"\t([^\t\r\n]*)[\r\n]*"
)  # name, kind, start, end, strand, phase, attributes
_REGION = re.compile(r"##sequence-region\s+(\S+)\s+[0-9]+\s+([0-9]{1,18})")
_GTF_ATTRIBUTE = re.compile(rb'\s*[A-Za-z_][A-Za-z0-9_.-]*\s+("[^"]*"|[^\s;=]+)\s*(;|$)')
_GFF_ATTRIBUTE = re.compile(rb"\s*[^=;\s]+=[^;]*(;|$)")
_PARENT = re.compile(rb"(?:^|;)\s*Parent=([^;]+)")
_ID = re.compile(rb"(?:^|;)\s*ID=([^;]+)")
_TRANSCRIPT_ID = re.compile(rb'transcript_id\s+"?([^";]+)')
_TABLE = re.compile(rb'transl_table[=\s]+"?([0-9]{1,3})')
# Attributes of sequences that translate differently: NCBI's exceptions and pseudogenes, GENCODE's
# tag of selenoproteins, and GENCODE's incomplete ends.
_EXCEPTION = re.compile(rb"exception[=\s]|transl_except|seleno|pseudo|ribosomal_slippage")
_TRANSCRIPTS = re.compile(rb"transcript|.*RNA|.*_transcript|(C|V|D|J)_gene_segment")
_CIRCULAR = b"Is_circular=true"
_MOST_PROBLEMS = 5


class AnnotationFormat(StrEnum):
    """The format of an annotation."""

    GFF3 = "GFF3"
    GTF = "GTF"


@dataclass(slots=True)
class CodingSequence:
    """The CDS lines of one transcript on one contig.

    `pieces` has start, end (1-based, inclusive) and phase of each, in the file's order.
    """

    transcript: str
    contig: str
    is_reverse: bool
    is_exception: bool = False
    pieces: array[int] = field(default_factory=lambda: array("q"))


@dataclass(slots=True)
class NamedContig:
    """A contig that an annotation names.

    `length` is from `##sequence-region`, 0 without one. `end` is the last annotated base, in
    `line`. `circular` is the length of a circular contig, 0 of others: the end of the feature that
    begins at base 1 and has `Is_circular=true`. Features over the origin of such a contig end
    behind it, by the number of bases that they have there.
    """

    name: str
    line: int
    length: int = 0
    end: int = 0
    features: int = 0
    circular: int = 0


@dataclass(slots=True)
class Annotation:
    """The content of an annotation; `problems` are those of invalid lines."""

    format: AnnotationFormat | None = None
    contigs: dict[str, NamedContig] = field(default_factory=dict)
    transcripts: int = 0
    coding: dict[tuple[bytes, bytes], CodingSequence] = field(default_factory=dict)
    tables: dict[str, set[int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def transl_tables(self) -> dict[str, frozenset[int]]:
        """The genetic codes from `transl_table`, by contig."""
        return {name: frozenset(numbers) for name, numbers in self.tables.items()}


def read_annotation(lines: Iterable[bytes], *, with_coding: bool = True) -> Annotation:
    """Read lines up to the end, or to `##FASTA`.

    Without `with_coding`, only contigs, formats and problems are read.
    """
    reader = _Reader(Annotation(), with_coding=with_coding)
    for number, line in enumerate(lines, start=1):
        if not line.startswith(b"#"):
            reader.take_feature(number, line)
        elif line.startswith(b"##sequence-region"):
            reader.take_region(number, line.decode("utf-8", "replace"))
        elif line.startswith(b"##FASTA"):
            break
    return reader.annotation


def without_contigs(lines: Iterable[bytes], left_out: frozenset[bytes]) -> Iterator[bytes]:
    """The annotation without the features and regions of contigs."""
    for line in lines:
        if line.startswith(b"##FASTA"):
            return
        if line.startswith(b"##sequence-region"):
            words = line.split()
            if len(words) > 1 and words[1] in left_out:
                continue
        elif line.partition(b"\t")[0] in left_out:
            continue
        yield line


def format_of(attributes: bytes) -> AnnotationFormat | None:
    """The format of a line's last column; None if it is neither."""
    if _GTF_ATTRIBUTE.match(attributes):
        return AnnotationFormat.GTF
    if _GFF_ATTRIBUTE.match(attributes):
        return AnnotationFormat.GFF3
    return None


class _Reader:
    def __init__(self, annotation: Annotation, *, with_coding: bool) -> None:
        self.annotation = annotation
        self._with_coding = with_coding
        self._seen: dict[bytes, NamedContig] = {}
        self._kinds: dict[bytes, bool] = {}

    def take_region(self, number: int, line: str) -> None:
        words = _REGION.fullmatch(line.strip())
        if not words:
            self._note(f"line {number}: ##sequence-region needs a name, a start and an end")
            return
        contig = self._contig(words[1].encode(), number)
        contig.length = max(contig.length, int(words[2]))

    def take_feature(self, number: int, line: bytes) -> None:
        columns = _FEATURE.fullmatch(line)
        if not columns:
            self._note_bad_line(number, line)
            return
        name, kind, start_text, end_text, strand, phase, attributes = columns.groups()
        if self.annotation.format is None:
            self._find_format(number, attributes)
        start, end = int(start_text), int(end_text)
        if not 0 < start <= end:
            self._note_bad_line(number, line)
            return
        contig = self._seen.get(name) or self._contig(name, number)
        contig.features += 1
        if end > contig.end:
            contig.end, contig.line = end, number
        if start == 1 and _CIRCULAR in attributes:
            contig.circular = max(contig.circular, end)
        if not self._with_coding:
            return
        if kind == b"CDS":
            self._take_coding(contig, start, end, strand, phase, attributes)
        else:
            self.annotation.transcripts += self._is_transcript(kind)

    def _note_bad_line(self, number: int, line: bytes) -> None:
        columns = line.count(b"\t") + 1
        if columns != COLUMNS:
            if line.strip():
                self._note(f"line {number} has {columns} columns, not the 9 of GFF3 and GTF")
        else:
            self._note(f"line {number}: start and end must be whole numbers, the start first")

    def _find_format(self, number: int, attributes: bytes) -> None:
        self.annotation.format = format_of(attributes)
        if self.annotation.format is None and attributes.strip() not in {b"", b"."}:
            self._note(
                f"line {number} has the attributes of neither GFF3 (ID=…;Parent=…) nor GTF "
                '(gene_id "…"; transcript_id "…";)'
            )

    def _is_transcript(self, kind: bytes) -> bool:
        known = self._kinds.get(kind)
        if known is None:
            known = self._kinds[kind] = bool(_TRANSCRIPTS.fullmatch(kind))
        return known

    def _take_coding(
        self, contig: NamedContig, start: int, end: int, strand: bytes, phase: bytes, text: bytes
    ) -> None:
        is_exception = bool(_EXCEPTION.search(text))
        for owner in self._owners(text):
            key = (contig.name.encode(), owner)
            coding = self.annotation.coding.get(key)
            if coding is None:
                coding = CodingSequence(
                    owner.decode("utf-8", "replace"), contig.name, strand == b"-"
                )
                self.annotation.coding[key] = coding
            coding.is_exception |= is_exception
            coding.pieces.extend((start, end, int(phase) if phase in b"012" and phase else 0))
        if found := _TABLE.search(text):
            self.annotation.tables.setdefault(contig.name, set()).add(int(found[1]))

    def _owners(self, text: bytes) -> list[bytes]:
        if self.annotation.format is AnnotationFormat.GTF:
            found = _TRANSCRIPT_ID.search(text)
            return [found[1]] if found else []
        found = _PARENT.search(text) or _ID.search(text)
        return found[1].strip().split(b",") if found else []

    def _contig(self, name: bytes, number: int) -> NamedContig:
        contig = self._seen.get(name)
        if contig is None:
            text = name.decode("utf-8", "replace")
            contig = self._seen[name] = NamedContig(text, number)
            self.annotation.contigs[text] = contig
        return contig

    def _note(self, problem: str) -> None:
        if len(self.annotation.problems) < _MOST_PROBLEMS:
            self.annotation.problems.append(problem)
