"""Feeds FASTQ files to bwa through pipes, and knows afterwards whether all of it was read.

bwa leaves with 0 when a gzip is cut off, when a record is malformed and when one file of a pair
ends first. Here the text passes through our hands once: decompressing checks the gzip, and what
went in is compared with what bwa says it read.
"""

import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from jobkit.child import open_pipe
from jobkit.errors import InvalidInputError
from jobkit.fastq import RecordCounter, read_chunks
from jobkit.logs import LOG
from jobkit.processes import ProcessGroup

# bwa's fastmap.c: "[M::process] read 1234 sequences (123400 bp)..."
_BATCH = re.compile(r"\[M::process\] read ([0-9]+) sequences")
_COMPLAINT = re.compile(r"different names")


class BwaListener:
    """Listens to bwa's log: how many reads it took in, and whether it complains of the pairs."""

    def __init__(self) -> None:
        self.reads = 0
        self.complaint = ""

    def __call__(self, line: str) -> None:
        """Take one line, and pass it on to the log."""
        LOG.info("[bwa] %s", line)
        if found := _BATCH.search(line):
            self.reads += int(found[1])
        if _COMPLAINT.search(line):
            self.complaint = line

    @property
    def has_read(self) -> bool:
        """Whether bwa got as far as taking reads in."""
        return self.reads > 0 or bool(self.complaint)


class PairFeed:
    """Two FASTQ files on their way into one bwa.

    Args:
        group: is told when a file is broken.
        paths: the lane's two files.
    """

    def __init__(self, group: ProcessGroup, paths: Sequence[Path]) -> None:
        self._group = group
        self._paths = list(paths)
        self._pipes = [open_pipe() for _ in paths]
        self._counters = [RecordCounter() for _ in paths]
        self._is_stopped = False
        self._problem: InvalidInputError | None = None
        self._threads: list[threading.Thread] = []

    @property
    def descriptors(self) -> list[int]:
        """The read ends, for bwa to inherit."""
        return [reader for reader, _ in self._pipes]

    def link(self, paths: Sequence[Path]) -> None:
        """Give the read ends names for bwa's command line, which stands in the BAM's header.

        A descriptor's number may differ from run to run; its name here does not.
        """
        for path, reader in zip(paths, self.descriptors, strict=True):
            path.symlink_to(f"/dev/fd/{reader}")

    def __enter__(self) -> Self:
        return self

    def start(self) -> None:
        """Begin to write; bwa has inherited the read ends, so ours are closed."""
        for reader in self.descriptors:
            os.close(reader)
        for index in range(len(self._paths)):
            thread = threading.Thread(target=self._feed, args=(index,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def require_whole(self) -> None:
        """Read both files to their ends, whether bwa still wants them or not.

        Raises:
            InvalidInputError: one is cut off, damaged or empty.
        """
        self._join()
        if self._problem:
            raise self._problem

    def check(self, listener: BwaListener) -> int:
        """Compare what went in with what bwa read, after bwa ended well; gives the pairs.

        Raises:
            InvalidInputError: the files are empty, cut off, unpaired or malformed.
        """
        self.require_whole()
        first, second = (path.name for path in self._paths)
        counts = [
            counter.records(path.name)
            for counter, path in zip(self._counters, self._paths, strict=True)
        ]
        if counts[0] != counts[1]:
            raise InvalidInputError(
                f"{first} and {second} are not a pair: {counts[0]} and {counts[1]} reads",
                hint="give the two files of one lane, both whole",
            )
        if listener.reads != sum(counts):
            raise InvalidInputError(
                f"{first} and {second} hold {sum(counts)} reads, but bwa read {listener.reads}",
                hint="a record is malformed: its sequence and quality must be equally long",
            )
        return counts[0]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._is_stopped = True
            self._group.stop()  # else we would wait for a bwa that waits for us
        self._join()

    def _feed(self, index: int) -> None:
        """Write one file into its pipe; when bwa stops reading, go on counting for `check`."""
        _, writer = self._pipes[index]
        path, counter = self._paths[index], self._counters[index]
        is_read = True
        try:
            for chunk in read_chunks(path):
                if self._is_stopped:
                    return
                counter.feed(chunk)
                try:
                    view = memoryview(chunk if is_read else b"")
                    while view:
                        view = view[os.write(writer, view) :]
                except BrokenPipeError:
                    is_read = False
            counter.records(path.name)
        except InvalidInputError as error:
            self._problem = error
            self._group.report(error)  # before the pipe ends: else bwa would end well first
        finally:
            os.close(writer)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()
