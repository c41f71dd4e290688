"""Feed FASTQ files to an aligner through pipes, and check that all of it was read.

bwa exits with 0 when a gzip is truncated, when a record is malformed and when one file of a pair
ends first; minimap2 also when the names of a pair differ. So this module reads the text once:
decompression checks the gzip, names are compared before the aligner gets them, and the number of
reads is compared with the aligner's own count.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import override

from jobkit.errors import InvalidInputError, InvalidOutputError, ToolFailedError
from jobkit.fastq import RecordCounter, first_header, positioned_chunks
from jobkit.feed import Fed, PipedFeed, ReadListener, write_all
from jobkit.pair_names import NameTrimmer, PairNames
from jobkit.part_reader import Padding, PartReader
from jobkit.processes import ProcessGroup
from seqstack.domain.reads.names import MAX_NAME_CHARACTERS, SAME, read_name, style_of
from seqstack.domain.reads.records import LINES_PER_RECORD


class PairFeed(PipedFeed):
    """Feeds two FASTQ files to one aligner.

    If names of mates differ in a suffix that aligners do not know, such as `.1` and `.2`, it is
    removed.

    Args:
        group: gets the error of a damaged file.
        paths: the lane's two files.
        part: reads only a part of them.

    Attributes:
        drops_marks: whether suffixes that aligners know, as `/1`, are removed, too.
    """

    drops_marks = False

    def __init__(
        self, group: ProcessGroup, paths: Sequence[Path], part: PartReader | None = None
    ) -> None:
        super().__init__(streams=len(paths))
        self._group = group
        self._part = part
        self._paths = list(paths)
        first, second = (read_name(first_header(path).encode()) for path in paths)
        style = style_of(first, second) or SAME  # names that do not pair are reported while reading
        is_kept = style.is_known_to_aligners and not self.drops_marks
        marks = [b"", b""] if is_kept else [style.first, style.second]
        self._trimmers = [NameTrimmer(mark) if mark else None for mark in marks]
        self._counters = [RecordCounter() for _ in paths]
        self._positions = [0 for _ in paths]
        self._names = PairNames(style)
        self._is_stopped = False
        self._problem: InvalidInputError | None = None
        self._difference: InvalidInputError | None = None
        self._threads: list[threading.Thread] = []

    @property
    def used(self) -> int:
        """The bytes, as they are stored, whose reads were given; of a part, of the first file."""
        return self._part.used if self._part else sum(self._positions)

    @property
    def given(self) -> int:
        """The reads given so far, padding left out."""
        return sum(counter.lines // LINES_PER_RECORD for counter in self._counters)

    @property
    @override
    def padding(self) -> int:
        return 2 * self._part.padding if self._part else 0

    def start(self) -> None:
        """Start writing; the aligner has inherited the read ends, so ours are closed."""
        self._close_readers()
        for index in range(len(self._paths)):
            thread = threading.Thread(target=self._feed, args=(index,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def require_whole(self) -> None:
        """Read both files to their ends, even if the aligner no longer reads them.

        Raises:
            InvalidInputError: one is truncated, damaged or empty, or their names differ; a damaged
                file is reported first, because it may be the reason.
        """
        self._join()
        if problem := self._problem or self._difference:
            raise problem

    def check(self, listener: ReadListener) -> Fed:
        """After the aligner has succeeded, compare its count with the input.

        Raises:
            InvalidInputError: the files are empty, truncated, unpaired or malformed.
        """
        fed = Fed(self.count_pairs())
        first, second = (path.name for path in self._paths)
        taken = listener.reads - self.padding
        if taken != fed.reads:
            raise InvalidInputError(
                f"{first} and {second} have {fed.reads} reads, but {listener.program} read {taken}",
                hint="a record is malformed: its sequence and quality must be equally long",
            )
        if self._part:
            self._part.check(listener.batches)
        return fed

    def count_pairs(self) -> int:
        """The pairs of both files, read to their ends.

        Raises:
            InvalidInputError: the files are empty, truncated or unpaired.
        """
        self.require_whole()
        counts = [self._records(index) for index in range(len(self._paths))]
        if counts[0] != counts[1]:
            raise self._not_a_pair(f"{counts[0]} and {counts[1]} reads")
        return counts[0]

    def _not_a_pair(self, counts: str) -> InvalidInputError:
        first, second = (path.name for path in self._paths)
        return InvalidInputError(
            f"{first} and {second} are not a pair: {counts}",
            hint="give the two files of one lane, both whole",
        )

    def explain(self, error: ToolFailedError | InvalidOutputError) -> None:
        """No program reads the files, so none fails by them."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._is_stopped = True
            self._group.stop()  # otherwise we and the aligner would wait for each other
            if self._part:
                self._part.close()
        self._join()

    def _feed(self, index: int) -> None:
        """Write one file into its pipe; after the aligner stops reading, only count for `check`."""
        _, writer = self._pipes[index]
        trimmer = self._trimmers[index]
        is_read = True
        try:
            for chunk in self._chunks(index):
                if self._is_stopped:
                    return
                if isinstance(chunk, Padding):
                    is_read = is_read and write_all(writer, chunk)
                    continue
                self._count(index, chunk)
                is_read = is_read and self._compare(index, chunk)
                given = trimmer.feed(chunk) if trimmer else chunk
                is_read = is_read and write_all(writer, given)
            if trimmer and is_read:
                write_all(writer, trimmer.end())
            self._records(index)
        except InvalidInputError as error:
            self._problem = error
            self._group.report(error)  # before the pipe ends and the aligner succeeds
        finally:
            os.close(writer)

    def _count(self, index: int, chunk: bytes) -> None:
        self._counters[index].feed(chunk)

    def _chunks(self, index: int) -> Iterator[bytes]:
        if self._part:
            yield from self._part.chunks(index)
            return
        for position, chunk in positioned_chunks(self._paths[index]):
            self._positions[index] = position
            yield chunk
        self._positions[index] = self._paths[index].stat().st_size

    def _records(self, index: int) -> int:
        """The number of a file's records; 0 only of a part without reads."""
        counter = self._counters[index]
        if self._part and not counter.lines:
            return 0
        return counter.records(self._paths[index].name)

    def _compare(self, index: int, chunk: bytes) -> bool:
        """Whether the piece may go to the aligner; if not, report the error to the group."""
        difference = self._names.feed(index, chunk)
        if self._names.too_long:
            difference = f"{self._names.too_long} …"
            self._difference = InvalidInputError(
                f"{self._paths[index].name} has names of more than {MAX_NAME_CHARACTERS} "
                "characters, which BAM can't hold",
                hint="shorten the names in both files alike",
                evidence=[difference],
            )
            self._group.report(self._difference)
        elif difference:
            first, second = (path.name for path in self._paths)
            self._difference = InvalidInputError(
                f"{first} and {second} are not a pair: their reads have different names",
                hint="give the two files of one lane, in the order of the sequencer",
                evidence=[difference],
            )
            self._group.report(self._difference)
        return not difference

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()
