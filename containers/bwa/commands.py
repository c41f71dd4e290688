"""bwa's command line: pure."""

from collections.abc import Sequence

from jobkit.read_groups import ReadGroup
from seqstack.tools.bwa import BWA

# Input bases per batch of bwa mem: fixed, so that the result does not depend on the number of
# threads.
BATCH_BASES = 100_000_000


def build_align_command(
    reference: str,
    reads: Sequence[str],
    group: ReadGroup | None,
    *,
    threads: int,
    keeps_tags: bool = False,
    cmd_args: Sequence[str] = (),
) -> list[str]:
    """`bwa mem` of one lane, SAM to stdout.

    -K makes the result independent of the number of threads; -Y soft-clips supplementary
    alignments, so that each record holds its whole read; -v 3 prints the read counts that the entry
    point checks. -p reads mates from one file, and -C keeps their tags.
    """
    own = [
        *(["-p"] if len(reads) == 1 else []),
        *(["-C"] if keeps_tags else []),
        *(["-R", group.header_line()] if group else []),
    ]
    return [
        *("bwa", "mem", "-K", str(BATCH_BASES), "-Y", *cmd_args),
        *("-v", "3", "-t", str(threads), *own),
        *(reference, *reads),
    ]


def batch_bases(cmd_args: Sequence[str]) -> int:
    """The bases of a batch: the last -K, because bwa takes that."""
    arguments, _ = BWA.options.read(cmd_args)
    given = [argument.value for argument in arguments if argument.option == "-K"]
    return int(given[-1] or 0) if given else BATCH_BASES
