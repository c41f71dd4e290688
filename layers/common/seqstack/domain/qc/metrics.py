"""The published metrics of a sample: names, units, and the range of possible values."""

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric.

    Attributes:
        name: in `qc/metrics.json`.
        meaning: a line for people.
        unit: of its values; empty for words.
        least: the least possible value.
        most: the greatest possible value.
        words: the possible values of a metric that is no number.
        ga4gh: its name in GA4GH's WGS Quality Control Standards, if it has one; percentages there
            are shares here.
    """

    name: str
    meaning: str
    unit: str = ""
    least: float = 0
    most: float = math.inf
    words: tuple[str, ...] = ()
    ga4gh: str = ""

    @property
    def suffix(self) -> str:
        """The unit after a number; empty for shares and counts."""
        return {_DEPTH: "x", _BASES: " bases"}.get(self.unit, "")

    @property
    def unit_name(self) -> str:
        """The unit in `qc/metrics.json`."""
        return {_DEPTH: "x", _BASES: "bases"}.get(self.unit, self.unit.removeprefix("a "))


_SHARE, _DEPTH, _BASES, _COUNT, _RATIO = "a share", "a depth", "a length", "a count", "a ratio"


def _share(name: str, meaning: str, ga4gh: str = "") -> Metric:
    return Metric(name, meaning, _SHARE, most=1, ga4gh=ga4gh)


METRICS: Final = {
    metric.name: metric
    for metric in (
        Metric("reads", "reads in the BAM, without secondary and supplementary ones", _COUNT),
        _share("alignedRate", "aligned reads of all reads", "pct_reads_mapped"),
        _share(
            "properlyPairedRate", "properly paired reads of all reads", "pct_reads_properly_paired"
        ),
        _share("duplicateRate", "duplicates of the aligned reads"),
        Metric("meanInsertSize", "mean length of fragments", _BASES, ga4gh="mean_insert_size"),
        Metric("meanDepth", "mean depth of the reference, duplicates included", _DEPTH),
        Metric("variants", "variants that pass the caller's filters", _COUNT),
        Metric("snvs", "single-nucleotide variants of these", _COUNT),
        Metric("indels", "insertions and deletions of these", _COUNT),
        Metric("titv", "transitions for each transversion of these", _RATIO),
        Metric("meanTargetDepth", "mean depth of the targets", _DEPTH),
        Metric("medianTargetDepth", "median depth of the targets", _DEPTH),
        *(
            _share(f"targetBasesAt{depth}x", f"bases of the targets with depth {depth} or more")
            for depth in (1, 10, 20, 30, 50, 100)
        ),
        _share("onTargetRate", "aligned bases on a target"),
        _share("nearTargetRate", "aligned bases beside a target, not on one"),
        Metric("fold80", "more sequencing that takes 80% of the targets to the mean", _RATIO),
        Metric("sex", "by the depth of X and Y", words=("female", "male")),
    )
}
"""Every metric by its name."""
