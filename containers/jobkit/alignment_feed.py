"""Feeds the reads of a BAM or CRAM file to an aligner through a pipe, mates after each other."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from jobkit.alignment_input import (
    NO_SERVER,
    GivenAlignment,
    build_collate_command,
    build_fastq_command,
    damaged,
)
from jobkit.child import Child, open_pipe
from jobkit.errors import InvalidInputError, InvalidOutputError, ToolFailedError
from jobkit.feed import Fed, PipedFeed, ReadListener, write_all
from jobkit.processes import ProcessGroup
from seqstack.domain.reads.records import LINES_PER_RECORD

_CHUNK_BYTES = 1 << 20
_SHOWN = 80


class AlignmentFeed(PipedFeed):
    """Feeds a file's reads to one aligner, which reads mates from one stream.

    Every read carries its read group as a tag. Reads without a mate go last, so that no batch of
    the aligner ends between two mates.

    Args:
        group: runs samtools, and gets the error of invalid reads.
        given: the file.
        fasta: what CRAM is decoded by.
        scratch: where samtools runs.
        threads: of samtools.
        names_libraries: whether every read carries its library, too.
    """

    def __init__(
        self,
        group: ProcessGroup,
        given: GivenAlignment,
        fasta: Path,
        scratch: Path,
        threads: int,
        *,
        names_libraries: bool = False,
    ) -> None:
        super().__init__(streams=1)
        self._group, self._given, self._scratch = group, given, scratch
        self._commands = [
            build_collate_command(given, fasta, scratch, threads=threads),
            build_fastq_command(),
        ]
        libraries = given.libraries if names_libraries else dict.fromkeys(given.groups, "")
        self._pairs = Pairs(libraries, given.default_group, given.path.name)
        self._children: list[Child] = []
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._source = -1
        self._is_stopped = False
        self._problem: InvalidInputError | None = None

    @property
    def given(self) -> int:
        """The reads that samtools has given so far."""
        return self._pairs.fed.reads

    used = given

    def start(self) -> None:
        """Begin to write; the aligner has inherited the read end, so ours is closed."""
        self._close_readers()
        self._source, writer = open_pipe()
        try:
            self._children = self._group.spawn_chain(
                self._commands, stdout=writer, cwd=self._scratch, env={**os.environ, **NO_SERVER}
            )
        finally:
            os.close(writer)
        self._thread.start()

    def require_whole(self) -> None:
        """Wait until samtools has given all reads.

        Raises:
            InvalidInputError: the file is damaged, or its reads can't be right.
        """
        self._thread.join()
        if self._problem:
            raise self._problem

    def check(self, listener: ReadListener) -> Fed:
        """Compare the reads sent with the counts of the file and of the aligner.

        Raises:
            InvalidInputError: it is damaged, or reads were lost.
        """
        self.require_whole()
        try:
            self._group.wait(self._children)
        except (ToolFailedError, InvalidOutputError) as error:
            self.explain(error)
            raise
        fed, counts, name = self._pairs.fed, self._given.counts, self._given.path.name
        if fed.reads != counts.passed:
            raise InvalidInputError(
                f"{name} has {counts.passed:,} reads, and samtools gave {fed.reads:,}",
                hint="look whether reads of one name occur more than once",
            )
        if listener.reads != fed.reads:
            raise InvalidInputError(
                f"{name} gave {fed.reads:,} reads, but {listener.program} read {listener.reads:,}"
            )
        if not fed.pairs:
            raise InvalidInputError(
                f"{name} has no read whose mate is there",
                hint="mates have the same name, without /1 and /2, and are in the same file",
            )
        return fed

    def explain(self, error: ToolFailedError | InvalidOutputError) -> None:
        """Say what a program's error means if samtools could not read the file.

        Raises:
            InvalidInputError: it could not.
        """
        ran = error.evidence[0] if error.evidence else ""
        is_ours = any(f"samtools {word}" in ran for word in ("collate", "fastq"))
        was_killed = isinstance(error, ToolFailedError) and error.returncode < 0
        if is_ours and not was_killed:
            raise damaged(self._given.path, error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._is_stopped = True
            self._group.stop()  # otherwise both would wait for each other
        if self._thread.ident:
            self._thread.join()

    def _feed(self) -> None:
        ((_, writer),) = self._pipes
        singles = Path(f"{self._given.path}.singles")
        is_read = True
        try:
            with os.fdopen(self._source, "rb", buffering=0) as source, singles.open("w+b") as apart:
                for chunk in iter(lambda: source.read(_CHUNK_BYTES), b""):
                    paired, single = self._pairs.feed(chunk)
                    apart.write(single)
                    if self._is_stopped:
                        return
                    is_read = is_read and write_all(writer, paired)
                apart.write(self._pairs.end())
                apart.seek(0)
                for chunk in iter(lambda: apart.read(_CHUNK_BYTES), b""):
                    is_read = is_read and write_all(writer, chunk)
        except InvalidInputError as error:
            self._problem = error
            self._group.report(error)
        finally:
            singles.unlink(missing_ok=True)
            os.close(writer)


class Pairs:
    """Separates pairs from reads without a mate, in FASTQ by name that comes in pieces.

    Args:
        libraries: for the tag LB, by the ids of the read groups that reads may name; "" for none.
        default: the id for reads that name none; empty if they must.
        name: the file's, for errors.
    """

    def __init__(self, libraries: Mapping[str, str], default: str, name: str) -> None:
        self._tags = {
            f"RG:Z:{group}".encode(): _tags(group, library) for group, library in libraries.items()
        }
        self._default = f"RG:Z:{default}".encode() if default else b""
        self._file = name
        self._rest = b""
        self._waiting: list[bytes] = []
        self._last = b""
        self.fed = Fed(0, 0)

    def feed(self, chunk: bytes) -> tuple[bytes, bytes]:
        """The pairs that are there with the next piece, and the reads without a mate.

        Raises:
            InvalidInputError: a name occurs twice for one mate, or a read group is not known.
        """
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        lines = self._waiting + lines
        whole = len(lines) - len(lines) % LINES_PER_RECORD
        at = 0
        pairs, singles = [], []
        while at + 2 * LINES_PER_RECORD <= whole:
            name, side = self._checked(lines, at)
            other, other_side = _name_and_side(lines[at + LINES_PER_RECORD])
            if name == self._last or (name == other and (side, other_side) != (1, 2)):
                raise self._twice(name)
            self._last = name
            if name == other:
                self._checked(lines, at + LINES_PER_RECORD)
                pairs += lines[at : at + 2 * LINES_PER_RECORD]
                at += 2 * LINES_PER_RECORD
            else:
                singles += lines[at : at + LINES_PER_RECORD]
                at += LINES_PER_RECORD
        self._waiting = lines[at:]
        self._count(pairs, singles)
        return _text(pairs), _text(singles)

    def end(self) -> bytes:
        """The last read, if it has no mate."""
        last = self._waiting[:LINES_PER_RECORD]
        if last:
            name, _ = self._checked(last, 0)
            if name == self._last:
                raise self._twice(name)
        self._count([], last)
        return _text(last)

    def _count(self, pairs: list[bytes], singles: list[bytes]) -> None:
        self.fed = Fed(
            self.fed.pairs + len(pairs) // (2 * LINES_PER_RECORD),
            self.fed.singles + len(singles) // LINES_PER_RECORD,
        )

    def _checked(self, lines: list[bytes], at: int) -> tuple[bytes, int]:
        """A record's name and side, once its read group is known to be one of the file's."""
        header = lines[at]
        name, _, tag = header.partition(b"\t")
        tags = self._tags.get(tag or self._default)
        if tags is None:
            named = f"names the read group {tag[5:].decode()!r}" if tag else "names no read group"
            raise InvalidInputError(
                f"{self._file}: a read {named}, and the header has "
                f"{', '.join(sorted(each[5:].decode() for each in self._tags))}",
                hint="`samtools addreplacerg` gives reads a read group",
                evidence=[repr(header[:_SHOWN].decode("ascii", "replace"))],
            )
        lines[at] = name + tags
        return _name_and_side(header)

    def _twice(self, name: bytes) -> InvalidInputError:
        return InvalidInputError(
            f"{self._file} has more than one first or second read of a name",
            hint="reads were merged twice, or reads of several runs have the same names",
            evidence=[repr(name[:_SHOWN].decode("ascii", "replace"))],
        )


def _tags(group: str, library: str) -> bytes:
    named = f"\tLB:Z:{library}" if library else ""
    return f"\tRG:Z:{group}{named}".encode()


def _name_and_side(header: bytes) -> tuple[bytes, int]:
    """The name without samtools' /1 or /2, and which of them it had; 0 for neither."""
    name = header.partition(b"\t")[0]
    if name.endswith(b"/1"):
        return name[:-2], 1
    return (name[:-2], 2) if name.endswith(b"/2") else (name, 0)


def _text(lines: list[bytes]) -> bytes:
    return b"\n".join([*lines, b""]) if lines else b""
