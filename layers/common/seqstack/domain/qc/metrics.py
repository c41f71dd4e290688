"""The published metrics of a sample: names, units, and the range of possible values."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seqstack.domain.sample import Sex

AMBIGUOUS: Final = "ambiguous"
"""In place of a word, where measures disagree."""

type Value = float | str
type Values = Mapping[str, Value]
"""A sample's metrics by name."""


class Need(StrEnum):
    """What a run must have, so that a metric is measured; and how to give it."""

    TARGETS = "targets: give targetRegionsS3Path (--targets)"
    TRIMMING = "trimmed reads: give trimReads (--trim)"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric, a number or a word.

    Attributes:
        name: in `qc/metrics.json`.
        meaning: a line for people.
        unit: of its values.
        least: the least possible value.
        most: the greatest possible value.
        need: what only some runs have, without which it is not measured.
        ga4gh: its name in GA4GH's WGS Quality Control Standards, if it has one; percentages there
            are shares here.
        words: that a gate can require; the metric is one of them, or `AMBIGUOUS`. None for numbers.
    """

    name: str
    meaning: str
    unit: str
    least: float = 0
    most: float = math.inf
    need: Need | None = None
    ga4gh: str = ""
    words: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """The unit after a number; empty for shares and counts."""
        return {_DEPTH: "x", _BASES: " bases"}.get(self.unit, "")

    @property
    def is_count(self) -> bool:
        """True if its values are whole numbers."""
        return self.unit == _COUNT

    def has_word(self, value: object) -> bool:
        """True for a word that the metric can be."""
        return value in (*self.words, AMBIGUOUS)

    @property
    def unit_name(self) -> str:
        """The unit in `qc/metrics.json`."""
        return {_DEPTH: "x", _BASES: "bases"}.get(self.unit, self.unit.removeprefix("a "))


SEX: Final = "sex"
_SHARE, _DEPTH, _BASES, _COUNT, _RATIO = "a share", "a depth", "a length", "a count", "a ratio"


def _share(name: str, meaning: str, ga4gh: str = "") -> Metric:
    return Metric(name, meaning, _SHARE, most=1, ga4gh=ga4gh)


def _of_targets(name: str, meaning: str, unit: str, most: float = math.inf) -> Metric:
    return Metric(name, meaning, unit, most=most, need=Need.TARGETS)


def _of_trimming(name: str, meaning: str) -> Metric:
    return Metric(name, meaning, _SHARE, most=1, need=Need.TRIMMING)


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
        Metric("readsAfterTrimming", "reads that trimming has left", _COUNT, need=Need.TRIMMING),
        _of_trimming(
            "trimmedBaseRate", "bases that trimming has removed, with whole reads, of all bases"
        ),
        _of_trimming("adapterRate", "reads with an adapter of all reads before trimming"),
        _of_trimming("q30Rate", "bases of quality 30 or more of those that trimming has left"),
        Metric("variants", "variants that pass the caller's filters", _COUNT),
        Metric("snvs", "single-nucleotide variants of these", _COUNT),
        Metric("indels", "insertions and deletions of these", _COUNT),
        Metric("titv", "transitions for each transversion of these", _RATIO),
        _of_targets("meanTargetDepth", "mean depth of the targets", _DEPTH),
        _of_targets("medianTargetDepth", "median depth of the targets", _DEPTH),
        *(
            _of_targets(
                f"targetBasesAt{depth}x",
                f"bases of the targets with depth {depth} or more",
                _SHARE,
                most=1,
            )
            for depth in (1, 10, 20, 30, 50, 100)
        ),
        _of_targets("onTargetRate", "aligned bases on a target", _SHARE, most=1),
        _of_targets("nearTargetRate", "aligned bases beside a target, not on one", _SHARE, most=1),
        _of_targets("fold80", "more sequencing that takes 80% of the targets to the mean", _RATIO),
        Metric("xDepthRatio", "depth of X divided by that of the autosomes", _RATIO),
        Metric("yDepthRatio", "depth of Y divided by that of the autosomes", _RATIO),
        _share("xHeterozygosity", "heterozygous SNVs of the SNVs of X"),
        Metric(SEX, "female, male or ambiguous, by X and Y", "a word", words=tuple(Sex)),
    )
}
"""Every metric by its name."""


def numbers(values: Values) -> dict[str, float]:
    """Those of the metrics that are numbers."""
    return {name: value for name, value in values.items() if not isinstance(value, str)}
