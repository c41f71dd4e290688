"""One part of a lane's reads, for an aligner that must not notice that they are a part.

An aligner's result depends on more than its reads: bwa takes the insert sizes from each batch of
reads, and chooses among equally good places by the number of pairs that the process has read
before (`mem_mark_primary_se`). So a part consists of whole batches of the lane. For bwa, as many
pairs as precede it are replaced by padding: reads of N, which align nowhere and cost it little.
They end with a batch; their records are removed from its output.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from queue import Queue, ShutDown

from jobkit.batches import Batches
from jobkit.errors import InvalidInputError, InvalidOutputError
from seqstack.domain.reads.parts import Part

PADDING_NAME = "=padding"  # begins with a character that SAM does not allow for names of contigs
_READ_BASES = 18  # below bwa's shortest seed (-k 19), so that it does not look for any
_BLOCK_PAIRS = 10_000
_PIECES = 4


class Padding(bytes):
    """A text of reads in place of those before the part."""

    __slots__ = ()


def _padding(bases: int, reads: int = 1) -> Padding:
    return Padding(f">{PADDING_NAME}\n{'N' * bases}\n".encode() * reads)


_BLOCK = _padding(_READ_BASES, _BLOCK_PAIRS)


def build_padding_filter() -> list[str]:
    """Removes the records of padding from SAM; its locale must be C."""
    return ["grep", "-a", "-v", f"^{PADDING_NAME}\t"]


class PartReader:
    """Reads a lane up to the end of a part.

    Args:
        paths: the lane's two files.
        part: which part of all lanes.
        start: the bytes of the lanes before, in their first files.
        total: the bytes of all lanes' first files.
        batch_bases: of the aligner.
        is_padded: whether the aligner counts the reads before.

    Attributes:
        before: the lane's pairs before the part.
        pairs: those of the part.
        is_end: True if no pair of the lane comes after.
        padding: the pairs of padding.
        size: the bytes of the part in the lane's first file, as it is stored.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        part: Part,
        start: int,
        total: int,
        batch_bases: int,
        *,
        is_padded: bool,
    ) -> None:
        self._paths, self._part, self._start, self._total = paths, part, start, total
        self._size = paths[0].stat().st_size
        self._batch_bases = batch_bases
        self._is_padded = is_padded
        self._owed = 0
        self._queues: tuple[Queue[bytes | InvalidInputError], ...] = (
            Queue(_PIECES),
            Queue(_PIECES),
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        # the first bytes of the part and of the next one: `Part.number_at`
        first, end = (
            -(-total * number // part.count) - start for number in (part.number - 1, part.number)
        )
        self._from, self._to = (min(max(0, place), self._size) for place in (first, end))
        self._at = 0
        self.size = self._to - self._from
        self.before = self.pairs = self.padding = 0
        self.is_end = False

    @property
    def is_touched(self) -> bool:
        """Whether the part may have pairs of this lane."""
        first, last = (self._number_at(position) for position in (0, self._size))
        return first <= self._part.number <= last

    def chunks(self, side: int) -> Iterator[bytes]:
        """The text of one of the files, `Padding` first.

        Raises:
            InvalidInputError: a file is damaged or truncated, or one has more reads.
        """
        if side == 0:
            self._thread.start()
        with suppress(ShutDown):
            while chunk := self._queues[side].get():
                if isinstance(chunk, InvalidInputError):
                    raise chunk
                yield chunk

    def close(self) -> None:
        """Stop reading."""
        for queue in self._queues:
            queue.shutdown(immediate=True)
        if self._thread.ident:
            self._thread.join()

    @property
    def used(self) -> int:
        """Of `size`, the bytes whose reads were given."""
        return min(max(self._from, self._at), self._to) - self._from

    def check(self, batches: Sequence[int]) -> None:
        """Check that the part began with a batch; `batches` are the reads of each.

        Raises:
            InvalidOutputError: it did not.
        """
        if self.padding and 2 * self.padding not in accumulate(batches):
            raise InvalidOutputError(
                f"the aligner's batches do not end after {2 * self.padding:,} reads",
                hint="align without parts (alignInParts: false), and tell the authors",
            )

    def as_facts(self, lane: int) -> dict[str, int | bool]:
        """What must fit the other parts."""
        return {"lane": lane, "before": self.before, "pairs": self.pairs, "isEnd": self.is_end}

    def _number_at(self, position: int) -> int:
        # the last bytes may be read before the text that they hold
        return self._part.number_at(self._start + min(position, self._size - 1), self._total)

    def _read(self) -> None:
        batches = Batches(self._paths, self._batch_bases)
        try:
            for piece in batches:
                self._at = batches.read
                number = self._number_at(piece.position)
                if number > self._part.number:
                    break
                if number < self._part.number:
                    self.before += piece.pairs
                    self._pad(piece.pairs)
                else:
                    self._fill_batch()
                    self.pairs += piece.pairs
                    self._put(*piece.texts)
            else:
                self.is_end = True
            self._at = self._to
            self._put(b"", b"")
        except InvalidInputError as error:
            for queue in self._queues:
                queue.put(error)
        except ShutDown:
            pass
        finally:
            batches.close()

    def _put(self, *texts: bytes) -> None:
        for queue, text in zip(self._queues, texts, strict=True):
            queue.put(text)

    def _pad(self, pairs: int) -> None:
        """Write padding for these pairs, but keep one to fill the last batch with."""
        if not self._is_padded:
            return
        self._owed += pairs
        while self._owed > 1:
            count = min(self._owed - 1, _BLOCK_PAIRS)
            text = Padding(_BLOCK[: count * len(_BLOCK) // _BLOCK_PAIRS])
            self._put(text, text)
            self._owed -= count
            self.padding += count

    def _fill_batch(self) -> None:
        """Write the last pair of padding, so long that a batch ends with it."""
        if not self._owed:
            return
        of_pair = 2 * _READ_BASES
        filled = self.padding % math.ceil(self._batch_bases / of_pair) * of_pair
        text = _padding(max(_READ_BASES, math.ceil((self._batch_bases - filled) / 2)))
        self._put(text, text)
        self.padding += 1
        self._owed = 0
