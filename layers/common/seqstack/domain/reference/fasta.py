"""Read a FASTA as a stream: its contigs, their codes, and its problems."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from seqstack.domain.reference.contigs import Contig, contig_problems
from seqstack.domain.reference.sequence import BASES, CODES

_PLAIN, _MASKED = b"ACGTN\n", b"acgtn"
_WRONG = re.compile(b"[^" + BASES + CODES + b"\r\n]")
_UPPER = bytes.maketrans(b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NOT_SEQUENCE = bytes(range(33)) + bytes(range(127, 256))
_MOST_PROBLEMS = 5
_SHOWN_BYTES = 40


@dataclass(frozen=True, slots=True)
class FastaContig(Contig):
    """A contig of the FASTA.

    Attributes:
        offset: of its first base in the uncompressed file, in bytes.
        line_bases: bases in its first line.
        line_bytes: bytes in its first line, line end included.
        codes: the number of each IUPAC code in it, in upper case.
        m5: the MD5 of its sequence as SAM's M5 defines it, or empty if not requested.
    """

    offset: int
    line_bases: int
    line_bytes: int
    codes: Mapping[str, int] = field(default_factory=dict)
    m5: str = ""


@dataclass(frozen=True, slots=True)
class FastaFacts:
    """The content of a FASTA.

    Attributes:
        contigs: in its order.
        text_problems: problems of its characters and lines.
        size: in bytes, uncompressed.
        is_masked: whether bases are in lower case, as repeats are in a soft-masked FASTA.
    """

    contigs: tuple[FastaContig, ...]
    text_problems: tuple[str, ...]
    size: int
    is_masked: bool

    @property
    def problems(self) -> tuple[str, ...]:
        """All problems."""
        if self.text_problems and not self.contigs:
            return self.text_problems
        return (*self.text_problems, *contig_problems(self.contigs))

    @property
    def codes(self) -> int:
        """The number of bases that are IUPAC codes."""
        return sum(sum(contig.codes.values()) for contig in self.contigs)


def split_fasta(chunks: Iterable[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Yield a FASTA's bytes in order, each piece with True if it belongs to a header line."""
    in_header, at_line_start = False, True
    for chunk in chunks:
        position = 0
        while position < len(chunk):
            if not in_header and at_line_start and chunk.startswith(b">", position):
                in_header = True
            if in_header:
                line_end = chunk.find(b"\n", position)
                end = line_end + 1 if line_end >= 0 else len(chunk)
                yield True, chunk[position:end]
                in_header = line_end < 0
            else:
                end = _header_in(chunk, position)
                yield False, chunk[position:end]
            at_line_start = chunk[end - 1] == ord("\n")
            position = end


def _header_in(chunk: bytes, position: int) -> int:
    """The start of the next header line; searches for one byte, which is much faster than two."""
    found = chunk.find(b">", max(position, 1))
    while found > 0 and chunk[found - 1] != ord("\n"):
        found = chunk.find(b">", found + 1)
    return found if found > 0 else len(chunk)


def scan_fasta(chunks: Iterable[bytes], *, with_m5: bool = False) -> FastaFacts:
    """Read a whole, uncompressed FASTA in constant memory, except for a row for each contig."""
    scan = _Scan(with_m5=with_m5)
    for is_header, piece in split_fasta(chunks):
        if is_header:
            scan.take_header(piece)
        else:
            scan.take_sequence(piece)
        if not scan.is_fasta:  # further problems would not help
            break
    return scan.finish()


class _Scan:
    """The state of the scan."""

    def __init__(self, *, with_m5: bool) -> None:
        self._with_m5 = with_m5
        self._contigs: list[FastaContig] = []
        self._problems: list[str] = []
        self._header = b""
        self._at, self._line = 0, 1
        self._open: _OpenContig | None = None
        self._is_masked = False
        self.is_fasta = True

    def take_header(self, piece: bytes) -> None:
        self._close()
        self._header += piece
        self._at += len(piece)
        if piece.endswith(b"\n"):
            self._begin()

    def take_sequence(self, piece: bytes) -> None:
        lines = piece.count(b"\n")
        if self._open is None:
            if piece.strip():
                self.is_fasta = False
                begin = piece.lstrip()[:_SHOWN_BYTES].split(b"\n")[0].decode("ascii", "replace")
                self._note(f"it is not a FASTA: it begins with {begin!r}, not with '>'")
        elif wrong := self._open.take(piece, lines):
            line = self._line + piece.count(b"\n", 0, wrong.start())
            self._note(
                f"contig {self._open.name!r} contains {chr(wrong[0][0])!r} in line {line}: a "
                f"sequence has A, C, G, T, N and IUPAC's ambiguity codes; write N for unknown bases"
            )
        self._at += len(piece)
        self._line += lines

    def finish(self) -> FastaFacts:
        if self._header:
            self._begin()
        self._close()
        return FastaFacts(
            tuple(self._contigs), tuple(self._problems), self._at, is_masked=self._is_masked
        )

    def _begin(self) -> None:
        words = self._header[1:].split(maxsplit=1)
        # with a blank right after '>' the name is empty, in samtools and the aligners
        is_named = bool(words) and not self._header[1:2].isspace()
        name = words[0].decode("utf-8", "replace") if is_named else ""
        self._open = _OpenContig(name, self._at, with_m5=self._with_m5)
        self._line += self._header.endswith(b"\n")
        self._header = b""

    def _close(self) -> None:
        if self._open is None:
            return
        contig, self._open = self._open, None
        self._contigs.append(contig.close())
        self._is_masked |= contig.is_masked
        if contig.is_uneven:
            self._note(
                f"contig {contig.name!r} has lines of different lengths: all but the last must "
                f"be equal, so that tools can find positions; rewrap the FASTA, for example with "
                f"`seqkit seq -w 60`, and index it again"
            )

    def _note(self, problem: str) -> None:
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(problem)


class _OpenContig:
    """The contig being read."""

    def __init__(self, name: str, offset: int, *, with_m5: bool) -> None:
        self.name, self._offset = name, offset
        self._md5 = hashlib.md5(usedforsecurity=False) if with_m5 else None
        self._length = self._lines = self._last_line = self._line_ends_behind = 0
        self._first_line, self._first_end = 0, 0  # bytes of the line, and of its end
        self._last = b""
        self._codes: dict[str, int] = {}
        self.is_masked = False

    def take(self, piece: bytes, lines: int) -> re.Match[bytes] | None:
        """Count a piece with this many line ends; return the first byte that is not allowed."""
        not_upper = piece.translate(None, _PLAIN)
        others = not_upper.translate(None, _MASKED)
        self.is_masked |= len(others) < len(not_upper)
        returns = others.count(b"\r") if others else 0
        if not self._first_end:
            end = piece.find(b"\n")
            self._first_line += end + 1 if end >= 0 else len(piece)
            is_return = (self._last + piece[:end]).endswith(b"\r")
            self._first_end = (1 + is_return) if end >= 0 else 0
        self._last = piece[-1:]
        self._length += len(piece) - lines - returns
        self._lines += lines
        self._note_last_line(piece)
        if self._md5:
            self._md5.update(piece.translate(_UPPER, _NOT_SEQUENCE))
        if len(others) == returns:
            return None
        for code in set(others) & set(CODES):
            letter = chr(code).upper()
            self._codes[letter] = self._codes.get(letter, 0) + others.count(code)
        return _WRONG.search(piece)

    def _note_last_line(self, piece: bytes) -> None:
        text = piece.rstrip(b"\r\n")
        behind = piece.count(b"\n", len(text))
        if not text:
            self._line_ends_behind += behind
            return
        begin = text.rfind(b"\n") + 1
        is_new = bool(begin or self._line_ends_behind)
        self._last_line = len(text) - begin + (0 if is_new else self._last_line)
        self._line_ends_behind = behind

    @property
    def _line_bases(self) -> int:
        return self._first_line - self._first_end

    @property
    def is_uneven(self) -> bool:
        """Whether lines differ in length from the first; blank lines at the end are allowed."""
        rows = self._lines - self._line_ends_behind + 1
        full = self._line_bases * (rows - 1)
        return self._length != full + self._last_line or self._last_line > self._line_bases

    def close(self) -> FastaContig:
        return FastaContig(
            name=self.name,
            length=self._length,
            offset=self._offset,
            line_bases=self._line_bases,
            line_bytes=self._first_line,
            codes=dict(sorted(self._codes.items())),
            m5=self._md5.hexdigest() if self._md5 else "",
        )
