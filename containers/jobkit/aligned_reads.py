"""How many reads an aligner has aligned, and an estimate of how many there are."""

from jobkit.feed import ReadListener
from jobkit.sources import Feed
from seqstack.domain.progress import Counted, Unit

_KNOWN_SHARE = 0.01


class AlignedReads:
    """Counts the reads that were aligned, of one source after the other.

    FASTQ files do not say how many reads they have. The estimate is that the rest of their bytes
    has as many reads for each byte as those that were given to the aligner.

    Args:
        size: the bytes of all sources, as they are stored; or their reads, if `is_counted`.
        is_counted: whether `size` is the number of reads.
        is_whole: whether all reads that are given are aligned; trimming removes some.
    """

    def __init__(self, size: int, *, is_counted: bool, is_whole: bool = True) -> None:
        self._size, self._is_counted, self._is_whole = size, is_counted, is_whole
        self._done = self._given = self._used = 0  # of the sources before
        self._source: tuple[Feed, ReadListener] | None = None
        self._source_size = 0

    def follow(self, feed: Feed, listener: ReadListener, size: int) -> None:
        """Begin with the next source, of this size."""
        self._done, self._given, _ = self._so_far()
        self._used += self._source_size
        self._source, self._source_size = (feed, listener), size

    def __call__(self) -> Counted:
        """The reads so far. The total is unknown until a hundredth of the bytes was given."""
        done, given, used = self._so_far()
        if self._is_counted:
            return Counted(Unit.READS, min(done, self._size), self._size)
        if not used or used < _KNOWN_SHARE * self._size:
            return Counted(Unit.READS, done, None)
        total = max(done, round(given * self._size / used))
        return Counted(Unit.READS, done, total, is_estimate=used < self._size or not self._is_whole)

    def _so_far(self) -> tuple[int, int, int]:
        """Reads aligned, reads given, and the size of what was given."""
        if self._source is None:
            return self._done, self._given, self._used
        feed, listener = self._source
        used = feed.used  # first: what is given meanwhile is the smaller error
        done = max(0, listener.aligned - feed.padding)
        return self._done + done, self._given + feed.given, self._used + used
