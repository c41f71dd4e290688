"""The definition of an aligner that reads and writes through pipes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from jobkit.read_groups import ReadGroup
from seqstack.tools.definition import ToolDefinition


class BuildCommand(Protocol):
    """Makes an aligner's command line: SAM to stdout, with `group` in its header.

    One file in `reads` has mates after each other. With `keeps_tags`, their headers have SAM tags,
    which go into the records; without a `group`, the read group is one of them.
    """

    def __call__(  # noqa: D102 - the class says it
        self,
        reference: str,
        reads: Sequence[str],
        group: ReadGroup | None,
        *,
        threads: int,
        keeps_tags: bool,
        cmd_args: Sequence[str],
    ) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class StreamingAligner:
    """An aligner that takes FASTQ, in two files or one, and writes SAM, grouped by name.

    Attributes:
        tool: its definition.
        program: its name in the log.
        build_command: its command line.
        reads_taken: a pattern of its log lines, whose first group is the number of reads of a batch
            that it has read.
        reads_done: the same of reads that it has aligned.
        batch_bases: of a batch, by the options in `cmd_args`.
        counts_pairs: whether its result depends on the number of pairs that it has read before.
        fails_at_half_pair: what its log says if it fails at a pair of which one read has no bases;
            empty if it takes such pairs.
    """

    tool: ToolDefinition
    program: str
    build_command: BuildCommand
    reads_taken: re.Pattern[str]
    reads_done: re.Pattern[str]
    batch_bases: Callable[[Sequence[str]], int]
    counts_pairs: bool
    fails_at_half_pair: str = ""
