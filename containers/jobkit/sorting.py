"""The command lines that convert an aligner's SAM to the BAM: pure."""

import math
from collections.abc import Mapping, Sequence

_MIB = 1 << 20
_GIB = 1 << 30
# An aligner holds a batch as text and as alignments; sort holds its buffers twice while it spills.
_BATCH_BYTES = 1 * _GIB
_USABLE = 0.8
_SORT_MIB_DEFAULT, _SORT_MIB_LEAST, _SORT_MIB_MOST = 512, 32, 2048


def sam_header(
    contigs: Mapping[str, int],
    groups: Sequence[str],
    program: str,
    version: str,
    command: Sequence[str],
) -> str:
    """The header of SAM that comes without one (SAM specification 1.3).

    Args:
        contigs: length by name, in the reference's order.
        groups: the @RG lines.
        program: the aligner.
        version: the aligner's.
        command: the first lane's; the others differ in their reads and read group.
    """
    lines = ["@HD\tVN:1.6\tSO:unsorted\tGO:query"]
    lines += [f"@SQ\tSN:{name}\tLN:{length}" for name, length in contigs.items()]
    lines += groups
    shown = " ".join(command)  # read groups have their tabs written out as \\t here
    lines.append(f"@PG\tID:{program}\tPN:{program}\tVN:{version}\tCL:{shown}")
    return "".join(f"{line}\n" for line in lines)


def build_headerless_command() -> list[str]:
    """Removes the header of SAM, because the entry point writes one header for all of it."""
    return ["samtools", "view", "-"]


def build_fixmate_command(*, threads: int) -> list[str]:
    """Adds to SAM grouped by name on stdin the mate scores that markdup uses."""
    return ["samtools", "fixmate", "-@", str(threads - 1), "-m", "-u", "-", "-"]


def build_sort_commands(
    bam: str, *, threads: int, sort_mib: int, duplicates_share: str = ""
) -> list[list[str]]:
    """Convert fixmate's output to a sorted, duplicate-marked, indexed BAM.

    Only sort's temporary files are written to disk before the final BAM. With
    `duplicates_share`, only reads with the same value of this tag are duplicates.
    """
    helpers = str(threads - 1)
    barcode = ("--barcode-tag", duplicates_share) if duplicates_share else ()
    return [
        [
            *("samtools", "sort", "-@", helpers, "-m", f"{sort_mib}M", "-u"),
            *("-T", "sort", "-o", "-", "-"),
        ],
        [
            *("samtools", "markdup", "-@", helpers, "-T", "markdup", *barcode),
            *("--write-index", "-O", "bam", "-", f"{bam}##idx##{bam}.bai"),
        ],
    ]


def build_part_command(bam: str, *, threads: int) -> list[str]:
    """Writes fixmate's output to a BAM of its own."""
    helpers = str(threads - 1)
    return ["samtools", "view", "-@", helpers, "--no-PG", "-1", "-o", bam, "-"]


def build_join_command(bams: Sequence[str]) -> list[str]:
    """The records of such BAMs one after the other, under the header of the first, to stdout."""
    return ["samtools", "cat", "--no-PG", "-o", "-", *bams]


def sort_memory_mib(memory_gib: float | None, index_bytes: int, threads: int) -> int:
    """MiB of `samtools sort -m` for each thread, from the memory that the aligner leaves.

    Args:
        memory_gib: the whole job's memory in GiB, if it is known.
        index_bytes: size of the index files that the aligner loads, and what else needs memory.
        threads: of samtools sort.
    """
    if memory_gib is None:
        return _SORT_MIB_DEFAULT
    left = memory_gib * _GIB * _USABLE - index_bytes - _BATCH_BYTES
    share = math.floor(left / _MIB / threads)
    return max(_SORT_MIB_LEAST, min(_SORT_MIB_MOST, share))
