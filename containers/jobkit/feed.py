"""What feeds an aligner through pipes, and what it has fed."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jobkit.child import open_pipe
from jobkit.logs import LOG


class ReadListener:
    """Reads from an aligner's log how many reads it has read.

    Args:
        program: the aligner's name in our log.
        reads_taken: a pattern of lines whose first group is such a number.
        reads_done: the same of reads that it has aligned.

    Attributes:
        aligned: the reads that it has aligned.
    """

    def __init__(
        self, program: str, reads_taken: re.Pattern[str], reads_done: re.Pattern[str]
    ) -> None:
        self.program = program
        self.batches: list[int] = []
        self.aligned = 0
        self._reads_taken, self._reads_done = reads_taken, reads_done

    def __call__(self, line: str) -> None:
        """Read one line, and pass it on to the log."""
        LOG.info("[%s] %s", self.program, line)
        if found := self._reads_taken.search(line):
            self.batches.append(int(found[1]))
        if found := self._reads_done.search(line):
            self.aligned += int(found[1])

    @property
    def reads(self) -> int:
        """All reads that it has read."""
        return sum(self.batches)


@dataclass(frozen=True, slots=True)
class Fed:
    """What an aligner was given: pairs of reads, and reads without a mate."""

    pairs: int
    singles: int = 0

    @property
    def reads(self) -> int:
        """All reads."""
        return 2 * self.pairs + self.singles


class PipedFeed:
    """Feeds an aligner by pipes.

    Args:
        streams: how many of them the aligner reads.
    """

    def __init__(self, streams: int) -> None:
        self._pipes = [open_pipe() for _ in range(streams)]

    @property
    def descriptors(self) -> list[int]:
        """The read ends, for the aligner to inherit."""
        return [reader for reader, _ in self._pipes]

    @property
    def padding(self) -> int:
        """The reads of padding."""
        return 0

    def link(self, paths: Sequence[Path]) -> None:
        """Name the read ends for the command line, which is written to the BAM's header.

        A descriptor's number may differ from run to run; its name here does not.
        """
        for path, reader in zip(paths, self.descriptors, strict=True):
            path.symlink_to(f"/dev/fd/{reader}")

    def __enter__(self) -> Self:
        return self

    def _close_readers(self) -> None:
        """Close the read ends, once the aligner has inherited them."""
        for reader in self.descriptors:
            os.close(reader)


def write_all(writer: int, text: bytes) -> bool:
    """Write into a pipe; False if its reader has closed it."""
    view = memoryview(text)
    try:
        while view:
            view = view[os.write(writer, view) :]
    except BrokenPipeError:
        return False
    return True
