"""The command lines of an alignment: pure."""

import math
from collections.abc import Sequence

from bwa.read_groups import ReadGroup

# Input bases per batch of bwa mem: fixed, so that the result does not depend on the threads.
BATCH_BASES = 100_000_000

_MIB = 1 << 20
_GIB = 1 << 30
# bwa holds a batch as text and alignments, sort holds its buffers twice while it spills.
_BATCH_BYTES = 1 * _GIB
_USABLE = 0.8
_SORT_MIB_DEFAULT, _SORT_MIB_LEAST, _SORT_MIB_MOST = 512, 32, 2048


def build_align_command(
    reference: str,
    reads: Sequence[str],
    group: ReadGroup,
    *,
    other_groups: Sequence[ReadGroup] = (),
    threads: int,
    cmd_args: Sequence[str] = (),
) -> list[str]:
    """`bwa mem` of one lane, SAM to stdout.

    -K makes the result independent of the number of threads; -Y soft-clips supplementary
    alignments, so that each record holds its whole read; -v 3 prints the counts of reads that the
    entry point checks. `other_groups` go into the header: it is the header of all lanes.
    """
    headers = [word for other in other_groups for word in ("-H", other.header_line())]
    return [
        *("bwa", "mem", "-K", str(BATCH_BASES), "-Y", *cmd_args),
        *("-v", "3", "-t", str(threads), "-R", group.header_line(), *headers),
        *(reference, *reads),
    ]


def build_headerless_command() -> list[str]:
    """Turns a further lane's SAM into records only: its header was written by the first lane."""
    return ["samtools", "view", "-"]


def build_sort_commands(bam: str, *, threads: int, sort_mib: int) -> list[list[str]]:
    """From SAM grouped by name on stdin to a sorted, duplicate-marked, indexed BAM.

    fixmate adds the mate scores that markdup chooses by; nothing but sort's own spills touches
    the disk before the final BAM.
    """
    helpers = str(threads - 1)
    return [
        ["samtools", "fixmate", "-@", helpers, "-m", "-u", "-", "-"],
        [
            *("samtools", "sort", "-@", helpers, "-m", f"{sort_mib}M", "-u"),
            *("-T", "sort", "-o", "-", "-"),
        ],
        [
            *("samtools", "markdup", "-@", helpers, "-T", "markdup"),
            *("--write-index", "-O", "bam", "-", f"{bam}##idx##{bam}.bai"),
        ],
    ]


def sort_memory_mib(memory_gib: float | None, index_bytes: int, threads: int) -> int:
    """MiB of `samtools sort -m` for each thread, from what bwa leaves of the job's memory.

    Args:
        memory_gib: the whole job's memory in GiB, if it is known.
        index_bytes: size of the index files that bwa loads.
        threads: of samtools sort.
    """
    if memory_gib is None:
        return _SORT_MIB_DEFAULT
    left = memory_gib * _GIB * _USABLE - index_bytes - _BATCH_BYTES
    share = math.floor(left / _MIB / threads)
    return max(_SORT_MIB_LEAST, min(_SORT_MIB_MOST, share))
