"""The batches in which an aligner reads a pair of FASTQ files, and where each begins in them."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import add
from pathlib import Path

from jobkit.ahead import Ahead
from jobkit.errors import InvalidInputError
from jobkit.fastq import positioned_chunks
from seqstack.domain.reads.records import LINES_PER_RECORD


@dataclass(frozen=True, slots=True)
class Piece:
    """Some pairs of one batch.

    Attributes:
        texts: their records, of the first file and of the second.
        pairs: their number.
        position: of the batch: the bytes of the first file, as it is stored, before it.
    """

    texts: tuple[bytes, bytes]
    pairs: int
    position: int


class Batches:
    """Cuts a pair of files where `bwa mem -K` and minimap2 do.

    A batch ends with the pair that brings its bases to `batch_bases` (`bseq_read` in bwa,
    `mm_bseq_read_frag2` in minimap2). So a part that begins with a batch has the batches of the
    whole.

    Attributes:
        read: the bytes of the first file, as it is stored, before the pairs that were yielded last.
    """

    def __init__(self, paths: Sequence[Path], batch_bases: int) -> None:
        self._paths = paths
        self._first, self._second = (_Lines(path) for path in paths)
        self._batch_bases = batch_bases
        self.read = 0

    def __iter__(self) -> Iterator[Piece]:
        """Yield all pairs.

        Raises:
            InvalidInputError: a file is damaged or truncated, or one has more reads.
        """
        first, second = self._first, self._second
        filled, position = 0, -1
        while pairs := min(first.records(), second.records()):
            sums = list(accumulate(map(add, first.lengths(pairs), second.lengths(pairs))))
            at = 0
            while at < pairs:
                before = sums[at - 1] if at else 0
                self.read = first.position(at)
                position = self.read if position < 0 else position
                end = 1 + bisect_left(sums, before + self._batch_bases - filled, lo=at)
                is_full = end <= pairs
                end = min(end, pairs)
                yield Piece((first.text(at, end), second.text(at, end)), end - at, position)
                filled = 0 if is_full else filled + sums[end - 1] - before
                position = -1 if is_full else position
                at = end
            first.drop(pairs)
            second.drop(pairs)
        self._require_both_at_end()

    def close(self) -> None:
        """Stop reading."""
        self._first.close()
        self._second.close()

    def _require_both_at_end(self) -> None:
        names = [path.name for path in self._paths]
        for name, lines in zip(names, (self._first, self._second), strict=True):
            if lines.is_cut_off:
                raise InvalidInputError(
                    f"{name} ends inside a record: its lines are not a multiple of 4",
                    hint="upload the FASTQ again; it was truncated",
                )
        more = [bool(self._first.records()), bool(self._second.records())]
        if any(more):
            longer, shorter = names if more[0] else reversed(names)
            raise InvalidInputError(
                f"{names[0]} and {names[1]} are not a pair: {longer} has more reads than {shorter}",
                hint="give the two files of one lane, both whole",
            )


class _Lines:
    """The lines of one file, from the first that is not yet dropped."""

    def __init__(self, path: Path) -> None:
        self._chunks = Ahead(positioned_chunks(path))
        self._lines: list[bytes] = []
        self._open_line = b""
        self._dropped = 0
        # the number of the first line that ends in each chunk, and where the chunk begins
        self._marks: deque[tuple[int, int]] = deque()
        self._has_ended = False

    @property
    def is_cut_off(self) -> bool:
        """True if the file has ended inside a record."""
        return self._has_ended and len(self._lines) % LINES_PER_RECORD != 0

    def records(self) -> int:
        """The number of whole records at hand; 0 only at the end of the file."""
        while len(self._lines) < LINES_PER_RECORD and not self._has_ended:
            self._read()
        return len(self._lines) // LINES_PER_RECORD

    def lengths(self, records: int) -> Iterator[int]:
        """The number of bases of each of the first records."""
        lines = self._lines[1 : records * LINES_PER_RECORD : LINES_PER_RECORD]
        if lines[0].endswith(b"\r"):
            lines = [line.removesuffix(b"\r") for line in lines]
        return map(len, lines)

    def position(self, record: int) -> int:
        """Where the chunk begins in which a record's header ends."""
        number = self._dropped + record * LINES_PER_RECORD
        while len(self._marks) > 1 and self._marks[1][0] <= number:
            self._marks.popleft()
        return self._marks[0][1]

    def text(self, start: int, end: int) -> bytes:
        """The records from `start` to before `end`."""
        lines = self._lines[start * LINES_PER_RECORD : end * LINES_PER_RECORD]
        return b"\n".join([*lines, b""])

    def drop(self, records: int) -> None:
        """Forget the first records."""
        del self._lines[: records * LINES_PER_RECORD]
        self._dropped += records * LINES_PER_RECORD

    def close(self) -> None:
        """Stop reading."""
        self._chunks.close()

    def _read(self) -> None:
        found = next(self._chunks, None)
        if found is None:
            self._has_ended = True
            if self._open_line:
                self._lines.append(self._open_line)
            return
        position, chunk = found
        lines = (self._open_line + chunk).split(b"\n")
        self._open_line = lines.pop()
        if lines:
            self._marks.append((self._dropped + len(self._lines), position))
            self._lines += lines
