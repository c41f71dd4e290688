"""Decide from the depth's unevenness whether reads come from captured targets: pure.

Without `--exome` Strelka filters records (`HighDepth`) whose depth is above three times the
contig's mean. On captured targets that is nearly every record.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

Window = tuple[str, int, int]
"""A contig, start and end, 0-based and half-open."""

_WINDOWS = 400
_WINDOW_BASES = 25_000
_TIMES_THE_MEAN = 3  # Strelka's threshold
_LEAST_HIGH = 10  # at low depth, chance alone exceeds three times the mean
_COVERED = 5
_SHARE_OF_PLACES = 0.1  # a simulated exome: 0.5; a genome: below 0.01
_SHARE_OF_BASES = 0.25  # the same: 0.7


def sample_windows(contigs: Mapping[str, int]) -> list[Window]:
    """Windows spread evenly over a genome, or all of a small one."""
    step = max(_WINDOW_BASES, sum(contigs.values()) // _WINDOWS)
    windows = []
    for name, length in contigs.items():
        for start in range(0, length, step):
            windows.append((name, start, min(start + _WINDOW_BASES, length)))
    return windows


def as_bed(windows: Iterable[Window]) -> str:
    """The windows as a BED file."""
    return "".join(f"{contig}\t{start}\t{end}\n" for contig, start, end in windows)


def build_depth_command(bed: str, bam: str) -> list[str]:
    """Prints contig, position and depth of each covered base of the windows."""
    return ["samtools", "depth", "-b", bed, bam]


def is_captured(windows: Sequence[Window], depth_lines: Iterable[str]) -> bool:
    """True if Strelka would filter much of the sequenced bases for their depth.

    In a genome, only some repeats are that deep: at few positions, or with a small part of the
    reads. `depth_lines` are the depth command's output for the windows.
    """
    places = Counter(int(line.rpartition("\t")[2]) for line in depth_lines)
    bases = {depth: depth * count for depth, count in places.items()}
    total = sum(bases.values())
    mean = total / max(1, sum(end - start for _, start, end in windows))
    high = max(_LEAST_HIGH, _TIMES_THE_MEAN * mean)
    covered = sum(count for depth, count in places.items() if depth >= _COVERED)
    deep = [depth for depth in places if depth > high]
    return (
        sum(places[depth] for depth in deep) > _SHARE_OF_PLACES * covered
        and sum(bases[depth] for depth in deep) > _SHARE_OF_BASES * total
    )
