"""Depths above those that Picard counts: pure.

To CollectHsMetrics, a base with more than 200 reads has 200 (`--COVERAGE_CAP`). So the median of a
deeply sequenced sample is 200 at most, and its FOLD_80_BASE_PENALTY, the mean divided by a
percentile, grows with the depth. Time and memory of Picard grow with the square of the cap. So
Picard writes the depth of each base, which is counted here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median

from jobkit.errors import InvalidOutputError
from picard.files import first_row, number, with_values

_COLUMN = b"coverage"
_FOLD_80 = 0.2  # the share of bases that may stay below the mean
_NEAR = 1e-5  # Picard rounds a mean to six digits


def count_depths(lines: Iterable[bytes]) -> dict[int, int]:
    """The number of bases with each depth, from Picard's PER_BASE_COVERAGE.

    Raises:
        InvalidOutputError: it is not such a file.
    """
    depths = Counter(line.rpartition(b"\t")[2].rstrip() for line in lines)
    if depths.pop(_COLUMN, 0) != 1:
        raise InvalidOutputError("Picard wrote no depth of each base")
    return {int(depth): bases for depth, bases in depths.items()}


def without_cap(metrics: str, by_depth: Mapping[int, int]) -> str:
    """CollectHsMetrics' file with the median and the FOLD_80_BASE_PENALTY of all depths.

    Raises:
        InvalidOutputError: the depths have another mean than Picard's.
    """
    row = first_row(metrics)
    bases, territory = sum(by_depth.values()), row["TARGET_TERRITORY"]
    mean = sum(depth * count for depth, count in by_depth.items()) / max(1, bases)
    if bases != int(territory) or abs(mean - number(row["MEAN_TARGET_COVERAGE"])) > _NEAR:
        raise InvalidOutputError(
            f"Picard wrote the depths of {bases} bases with a mean of {mean:.6f}, and that "
            f"{territory} bases have a mean of {row['MEAN_TARGET_COVERAGE']}"
        )
    middle = median((_reached(by_depth, (bases + 1) // 2), _reached(by_depth, bases // 2 + 1)))
    if middle == number(row["MEDIAN_TARGET_COVERAGE"]):
        return metrics
    fifth = _reached(by_depth, bases * _FOLD_80)
    fold_80 = f"{mean / fifth:.6f}" if fifth else row["FOLD_80_BASE_PENALTY"]
    return with_values(
        metrics, {"MEDIAN_TARGET_COVERAGE": f"{middle:.1f}", "FOLD_80_BASE_PENALTY": fold_80}
    )


def cap_warning(median_depth: float, cap: int) -> str:
    """A warning if half of a genome has more reads than Picard counts; otherwise empty."""
    if median_depth < cap:
        return ""
    return (
        f"half of the genome or more has {cap} reads or more, of which {cap} are counted: mean and "
        "median coverage are higher than coverage_metrics.txt has them; give the block picard a "
        "higher --COVERAGE_CAP in cmdArgs"
    )


def _reached(by_depth: Mapping[int, int], bases: float) -> int:
    """The least depth that so many bases do not exceed."""
    below = 0
    for depth in sorted(by_depth):
        below += by_depth[depth]
        if below >= bases:
            return depth
    raise ValueError(f"there are no {bases} bases")
