"""The command lines from an aligner's SAM to the BAM: pure."""

import math

_MIB = 1 << 20
_GIB = 1 << 30
# An aligner holds a batch as text and alignments, sort holds its buffers twice while it spills.
_BATCH_BYTES = 1 * _GIB
_USABLE = 0.8
_SORT_MIB_DEFAULT, _SORT_MIB_LEAST, _SORT_MIB_MOST = 512, 32, 2048


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
    """MiB of `samtools sort -m` for each thread, from what the aligner leaves of the memory.

    Args:
        memory_gib: the whole job's memory in GiB, if it is known.
        index_bytes: size of the index files that the aligner loads.
        threads: of samtools sort.
    """
    if memory_gib is None:
        return _SORT_MIB_DEFAULT
    left = memory_gib * _GIB * _USABLE - index_bytes - _BATCH_BYTES
    share = math.floor(left / _MIB / threads)
    return max(_SORT_MIB_LEAST, min(_SORT_MIB_MOST, share))
