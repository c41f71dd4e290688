"""Isaac's references: a FASTA, or a sorted-reference.xml, which is made relocatable here.

The XML has the elements that Isaac 4 itself reads and writes.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape

from jobkit.errors import InvalidInputError
from jobkit.fastq import is_gzipped
from jobkit.job import Job
from jobkit.reference import require_sound_fasta
from seqstack.domain.numbers import whole_number
from seqstack.domain.plain_text import refusal
from seqstack.domain.s3uri import S3Uri

SORTED_REFERENCE = "sorted-reference.xml"

_CONTIG = re.compile(r"<Contig[\s>].*?</Contig>", re.DOTALL)
_FILE = re.compile(r"<File>([^<]*)</File>")
_UR = re.compile(r"<Ur>\s*</Ur>|<Ur\s*/>")
_BLANKS = b" \t\r\n"
_CHUNK_BYTES, _LEAST_BYTES, _HEADER_BYTES = 1 << 22, 1 << 12, 1 << 16
_MAKE_ANEW = "run isaac-sort-reference again, from a FASTA that is not gzipped"


@dataclass(frozen=True, slots=True)
class Contig:
    """A contig of the XML.

    Attributes:
        name: up to the first blank of its header.
        file: the FASTA's name.
        offset: of its first base in the FASTA, in bytes.
        bases: its length.
        md5: of its upper-case bases, like SAM's M5; empty if the XML has none.
    """

    name: str
    file: str
    offset: int
    bases: int
    md5: str


@dataclass(frozen=True, slots=True)
class SortedReference:
    """The reference for isaac-align's -r.

    Attributes:
        name: of the file for -r.
        xml: the text, each <File> without its folder: isaac-align then looks beside the XML.
        fasta_names: the FASTA files that it needs beside it.
        contigs: the length of each, by its name.
        places: each contig's position from the XML; empty for a FASTA without an XML.
    """

    name: str
    xml: str
    fasta_names: tuple[str, ...]
    contigs: Mapping[str, int]
    places: tuple[Contig, ...] = ()

    @property
    def bases(self) -> int:
        """The total length of the contigs."""
        return sum(self.contigs.values())


def read_sorted_reference(content: bytes, folder: S3Uri) -> SortedReference:
    """Read and relocate the XML in `folder`.

    isaac-align writes <Ur> into the BAM's header or, if that is empty, the FASTA's path, which
    differs between jobs. So <Ur> is set to the FASTA's URI.

    Raises:
        InvalidInputError: no contigs, an empty contig, or no FASTA file. isaac-sort-reference exits
            with 0 and writes this for an empty FASTA, and contigs with binary names for a gzipped
            one. Or the name of a FASTA file is not text.
    """
    try:
        xml = content.decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{SORTED_REFERENCE} is not text: its FASTA was gzipped, which isaac-sort-reference "
            f"can't read",
            hint=_MAKE_ANEW,
        ) from error
    contigs = [_contig_of(block) for block in _CONTIG.findall(xml)]
    empty = sum(not contig.bases for contig in contigs)
    if not contigs or empty:
        raise InvalidInputError(
            f"{SORTED_REFERENCE} lists {len(contigs)} contigs, {empty} of them empty",
            hint=_MAKE_ANEW,
        )
    fasta_names = sorted({path.rpartition("/")[2] for path in _FILE.findall(xml)})
    named = [("FASTA file", name) for name in fasta_names]
    for kind, name in (*named, *(("contig", contig.name) for contig in contigs)):
        if why := refusal(name):
            raise InvalidInputError(
                f"{SORTED_REFERENCE} lists a {kind} whose name {why}",
                hint="rename it and run isaac-sort-reference again",
            )
    relative = _FILE.sub(lambda found: f"<File>{found[1].rpartition('/')[2]}</File>", xml)
    return SortedReference(
        SORTED_REFERENCE,
        _CONTIG.sub(lambda found: _with_uri(found[0], folder), relative),
        tuple(fasta_names),
        {contig.name: contig.bases for contig in contigs},
        tuple(contigs),
    )


def require_fasta(reference: SortedReference, folder: Path) -> None:
    """Check that the FASTA files in `folder` are those that the XML was made from.

    isaac-align reads each contig at the position in the XML. With a FASTA of the same layout and
    other bases it aligns nothing, and exits with 0.

    Raises:
        InvalidInputError: names the first contig that is missing or differs.
    """
    for contig in reference.places:
        with (folder / contig.file).open("rb") as file:
            why = _difference(contig, file)
        if why:
            raise InvalidInputError(
                f"{contig.file} is not the FASTA that {SORTED_REFERENCE} was made from: {why}",
                hint="upload the XML and the FASTA of the same isaac-sort-reference",
            )


def is_fasta(name: str) -> bool:
    """True if an object's name has a FASTA extension; otherwise it is a folder with an XML."""
    return name.removesuffix(".gz").endswith((".fa", ".fasta", ".fna"))


def describe_fasta(job: Job, path: Path) -> SortedReference:
    """A FASTA used without an XML.

    Raises:
        InvalidInputError: it is gzipped, which Isaac would read as empty; or it is not usable by
            any tool.
    """
    if is_gzipped(path):
        raise InvalidInputError(
            f"{path.name} has no contigs that isaac-align can read",
            hint="give a FASTA that is not gzipped",
        )
    facts = require_sound_fasta(job, path)
    contigs = {contig.name: contig.length for contig in facts.contigs}
    return SortedReference(path.name, "", (path.name,), contigs)


def _contig_of(block: str) -> Contig:
    texts = dict(re.findall(r"<([A-Za-z0-9]+)>([^<]*)</\1>", block))
    try:
        return Contig(
            name=texts["Name"],
            file=texts["File"].rpartition("/")[2],
            offset=whole_number(texts["Offset"]),
            bases=whole_number(texts["TotalBases"]),
            md5=texts.get("M5", "").strip().lower(),
        )
    except (KeyError, ValueError) as error:
        raise InvalidInputError(
            f"{SORTED_REFERENCE} lists a contig without an element that isaac-align needs: {error}",
            hint=_MAKE_ANEW,
        ) from error


def _with_uri(block: str, folder: S3Uri) -> str:
    uri = escape(str(folder / _contig_of(block).file))
    return _UR.sub(lambda _: f"<Ur>{uri}</Ur>", block)


def _difference(contig: Contig, fasta: BinaryIO) -> str:
    """How a contig in the FASTA differs from the XML; empty if it does not."""
    if not _header_is_before(fasta, contig):
        return f"{contig.name} does not begin at byte {contig.offset:,}"
    bases, md5 = 0, hashlib.md5(usedforsecurity=False)
    for sequence in _sequence(fasta, contig.bases):
        bases += len(sequence)
        md5.update(sequence)
    if bases != contig.bases:
        return f"{contig.name} has {bases:,} bases in the FASTA and {contig.bases:,} in the XML"
    if contig.md5 and md5.hexdigest() != contig.md5:
        return f"{contig.name} has other bases"
    return ""


def _header_is_before(fasta: BinaryIO, contig: Contig) -> bool:
    """True if the line before the contig's first base is its header; seeks to the first base."""
    start = max(0, contig.offset - _HEADER_BYTES)
    fasta.seek(start)
    before = fasta.read(contig.offset - start)
    line = before.rstrip(b"\r\n").splitlines()[-1:]
    name = line[0][1:].split(maxsplit=1)[:1] if line and line[0].startswith(b">") else []
    return before.endswith((b"\n", b"\r")) and name == [contig.name.encode()]


def _sequence(fasta: BinaryIO, expected: int) -> Iterator[bytes]:
    """Upper-case bases in chunks up to the next header; `expected` is their approximate number."""
    header = b""
    while not header and (chunk := fasta.read(min(_CHUNK_BYTES, max(_LEAST_BYTES, 2 * expected)))):
        lines, header, _ = chunk.partition(b">")
        sequence = lines.translate(None, delete=_BLANKS).upper()
        expected -= len(sequence)
        yield sequence
