"""Read FASTQ files; gzip is recognized by content, not by name."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from jobkit.errors import InvalidInputError
from seqstack.domain.reads.kinds import foreign_kind
from seqstack.domain.reads.records import LINES_PER_RECORD

CHUNK_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


def is_gzipped(path: Path) -> bool:
    """True for gzip, bgzip and concatenated gzip."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP_MAGIC


def read_chunks(path: Path) -> Iterator[bytes]:
    """The file's text in pieces of about 1 MiB, without blank lines at its end.

    Raises:
        InvalidInputError: the gzip is truncated or damaged.
    """
    return (chunk for _, chunk in positioned_chunks(path))


def positioned_chunks(path: Path) -> Iterator[tuple[int, bytes]]:
    """As `read_chunks`, each with the bytes of the stored file that were read before it.

    Raises:
        InvalidInputError: the gzip is truncated or damaged.
    """
    position = 0
    try:
        with path.open("rb") as stored, _text_of(stored, path) as stream:
            # gzip's buffer grows with the requested size, so pieces are large
            pieces = iter(lambda: stream.read(CHUNK_BYTES), b"")
            for piece in without_blank_end(pieces, path.name):
                yield position, piece
                position = stored.tell()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInputError(
            f"{path.name} is not a complete gzip file: {error}",
            hint="upload the FASTQ again; compare its checksum with the sequencer's",
        ) from error


def open_text(path: Path) -> TextIO:
    """Lines of a text, gzipped or not; invalid UTF-8 is replaced."""
    if is_gzipped(path):
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8", errors="replace"))
    return path.open(encoding="utf-8", errors="replace")


def _text_of(stored: BinaryIO, path: Path) -> BinaryIO:
    """A stream of the text; a damaged gzip fails while it is read."""
    return cast(BinaryIO, gzip.GzipFile(fileobj=stored)) if is_gzipped(path) else stored


def without_blank_end(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """A FASTQ text without blank lines at its end, except one that belongs to a last, empty read.

    Raises:
        InvalidInputError: the file called `name` has too many blank lines.
    """
    lines, blank = 0, b""
    for piece in pieces:
        text = blank + piece
        kept = text.rstrip(b"\r\n")
        blank = text[len(kept) :]
        if len(blank) > CHUNK_BYTES:
            raise InvalidInputError(f"{name} holds {len(blank):,} bytes of blank lines in a row")
        if kept:
            lines += kept.count(b"\n")
            yield kept
    # the quality of a read without bases is a blank line
    is_quality = lines % LINES_PER_RECORD == LINES_PER_RECORD - 2 and blank.count(b"\n") > 1
    if blank:
        yield b"\n\n" if is_quality else b"\n"


def first_header(path: Path) -> str:
    """The first record's header line without `@`.

    Raises:
        InvalidInputError: the file is empty, damaged, or not FASTQ.
    """
    start = next(read_chunks(path), b"")
    if start and (kind := foreign_kind(start)):
        raise InvalidInputError(f"{path.name} is not FASTQ: it is {kind[0]}", hint=kind[1])
    line = start.partition(b"\n")[0].rstrip()
    if not line:
        raise InvalidInputError(f"{path.name} has no reads", hint="check the FASTQ that was given")
    if not line.startswith(b"@"):
        begin = line[:40].decode("ascii", "replace")
        raise InvalidInputError(f"{path.name} is not FASTQ: it begins with {begin!r}")
    return line[1:].decode("ascii", "replace")


@dataclass(slots=True)
class RecordCounter:
    """Counts the records of a text in chunks, by its lines."""

    lines: int = 0
    _open_line: bool = False

    def feed(self, chunk: bytes) -> None:
        """Count the next chunk."""
        self.lines += chunk.count(b"\n")
        self._open_line = not chunk.endswith(b"\n")

    def records(self, name: str) -> int:
        """The number of records; call it at the end.

        Raises:
            InvalidInputError: the text ends inside a record, or there is none.
        """
        lines = self.lines + self._open_line
        if lines % LINES_PER_RECORD:
            raise InvalidInputError(
                f"{name} ends inside a record: {lines} lines are not a multiple of 4",
                hint="upload the FASTQ again; it was truncated",
            )
        if not lines:
            raise InvalidInputError(f"{name} has no reads", hint="check the FASTQ that was given")
        return lines // LINES_PER_RECORD
