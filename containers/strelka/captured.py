"""Whether reads come from captured targets, by how unevenly they lie: pure.

Without `--exome` Strelka filters records (`HighDepth`) whose depth is above three times the
contig's mean. On captured targets that is nearly every record.
"""

from collections.abc import Iterable, Mapping, Sequence

Window = tuple[str, int, int]
"""A contig, and its part from a start to an end, 0-based and half-open."""

_WINDOWS = 400
_WINDOW_BASES = 25_000
_TIMES_THE_MEAN = 3  # Strelka's own
_CALLABLE_DEPTH = 5  # below it, a second read can be above three times the mean
_CAPTURED_SHARE = 0.5


def sample_windows(contigs: Mapping[str, int]) -> list[Window]:
    """Places spread evenly over a genome, or all of a small one."""
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
    """True if Strelka would find the depth too high at most places where variants can be called.

    `depth_lines` are what the depth command has printed of the windows.
    """
    places: dict[int, int] = {}  # how many bases have each depth
    for line in depth_lines:
        depth = int(line.rpartition("\t")[2])
        places[depth] = places.get(depth, 0) + 1
    total = sum(depth * count for depth, count in places.items())
    mean = total / max(1, sum(end - start for _, start, end in windows))
    high = max(_CALLABLE_DEPTH, _TIMES_THE_MEAN * mean)
    callable_places = sum(count for depth, count in places.items() if depth >= _CALLABLE_DEPTH)
    deep = sum(count for depth, count in places.items() if depth > high)
    return deep > _CAPTURED_SHARE * callable_places
