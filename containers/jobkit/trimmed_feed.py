"""Feeds a lane's reads to an aligner through fastp, mates after each other in one stream."""

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from jobkit.child import Child
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolFailedError
from jobkit.fastq import first_header
from jobkit.feed import Fed, PipedFeed, ReadListener
from jobkit.processes import ProcessGroup
from jobkit.strict_feed import StrictPairFeed
from jobkit.trimming import NO_UMI, Trimming


class TrimmedFeed(PipedFeed):
    """Feeds two FASTQ files to fastp, and what it leaves of them to one aligner.

    Args:
        group: runs fastp, and gets the error of damaged files.
        paths: the lane's two files.
        trimming: of the job.
        lane: the lane's number, from 1.
    """

    def __init__(
        self, group: ProcessGroup, paths: Sequence[Path], trimming: Trimming, lane: int
    ) -> None:
        super().__init__(streams=1)
        self._group, self._trimming = group, trimming
        self._pairs = StrictPairFeed(group, paths)
        self._names = [f"lane{lane}_given_R{side}.fastq" for side in (1, 2)]
        self._report = f"lane{lane}.fastp.json"
        self._header = first_header(paths[0])
        self._first = paths[0].name
        self._children: list[Child] = []

    @property
    def used(self) -> int:
        """The bytes, as they are stored, whose reads fastp was given."""
        return self._pairs.used

    @property
    def given(self) -> int:
        """The reads that fastp was given so far."""
        return self._pairs.given

    def start(self) -> None:
        """Begin to trim; the aligner has inherited the read end, so ours is closed."""
        self._close_readers()
        ((_, writer),) = self._pipes
        scratch = self._trimming.scratch
        self._pairs.link([scratch / name for name in self._names])
        first, second = self._pairs.descriptors
        commands = self._trimming.commands(self._names[1], self._report, self._header)
        try:
            self._children = self._group.spawn_chain(
                commands,
                stdin=first,
                stdout=writer,
                cwd=scratch,
                env={**os.environ, "LC_ALL": "C"},
                pass_fds=[second],
            )
        finally:
            os.close(writer)
        self._pairs.start()

    def require_whole(self) -> None:
        """Read both files to their ends.

        Raises:
            InvalidInputError: as `PairFeed.require_whole`, or a record is malformed.
        """
        self._pairs.require_whole()

    def check(self, listener: ReadListener) -> Fed:
        """After the aligner has succeeded, compare its count and fastp's with the input.

        Raises:
            InvalidInputError: the files are empty, truncated, unpaired or malformed, or no read is
                left.
            InvalidOutputError: reads were lost on the way.
        """
        given = 2 * self._pairs.count_pairs()
        try:
            self._group.wait(self._children)
        except ToolFailedError as error:
            self.explain(error)
            raise
        return Fed(self._trimming.take_report(self._report, given, listener.reads))

    def explain(self, error: ToolFailedError | InvalidOutputError) -> None:
        """Say what fastp's error means, or that a read has no UMI.

        Raises:
            InvalidInputError: the files are at fault.
        """
        if isinstance(error, ToolFailedError) and error.tool == "fastp" and error.returncode > 0:
            self._pairs.count_pairs()  # it may have stumbled over them before they were read whole
        if isinstance(error, ToolFailedError) and (error.tool, error.returncode) == ("sed", NO_UMI):
            raise InvalidInputError(
                f"{self._first}: a read has no UMI where fastp.cmdArgs says that UMIs are",
                hint="give --umi_loc as the library has it; an index is at the end of a read's "
                "header line, behind a blank; a comment behind a tab, as `samtools fastq -T` "
                "writes it, is to be left out",
                evidence=[f"the first header line is {self._header[:80]!r}"],
            ) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pairs.__exit__(kind, error, traceback)
