"""Recall, precision, their confidence intervals, and strata."""

from pathlib import Path

import pytest

from cli.accuracy.alleles import Allele
from cli.accuracy.matching import Compared, Outcome
from cli.accuracy.regions import Regions
from cli.accuracy.tallies import Rate, Tally, strata

FOUND, OTHER, NOT = Outcome.MATCHED, Outcome.OTHER_GENOTYPE, Outcome.UNMATCHED


def alleles(*rows: tuple[int, str, str, bool, Outcome, int | None]) -> list[Compared]:
    return [
        Compared("c", Allele(pos, ref, alt), is_true, outcome, depth)
        for pos, ref, alt, is_true, outcome, depth in rows
    ]


COMPARED = alleles(
    (1, "A", "C", True, FOUND, 30),
    (1, "A", "C", False, FOUND, 30),
    (2, "A", "C", True, OTHER, 4),
    (2, "A", "C", False, OTHER, 4),
    (9, "A", "ACC", True, NOT, None),
    (9, "AC", "A", False, NOT, 100),
    (9, "AC", "GT", False, FOUND, 5),
)


def test_counts_recall_precision_and_f1() -> None:
    tally = Tally.of(COMPARED)
    assert tally == Tally(true=3, found=1, called=4, right=2, other_genotypes=1)
    assert tally.recall == Rate(1, 3)
    assert tally.precision == Rate(2, 4)
    assert tally.f1 == pytest.approx(0.4)  # 2 x 1/3 x 1/2 / (5/6)


def test_nothing_has_no_rates() -> None:
    tally = Tally.of([])
    assert tally.recall.value is None
    assert tally.recall.interval is None
    assert tally.f1 is None
    assert Tally.of(alleles((1, "A", "C", True, NOT, 1), (2, "A", "C", False, NOT, 1))).f1 == 0


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # E. B. Wilson's score interval as statsmodels' proportion_confint(method="wilson") gives it
    [(14, 14, 0.7847, 1), (8, 10, 0.4902, 0.9433), (0, 20, 0, 0.1611), (199, 200, 0.9722, 0.9991)],
)
def test_confidence_interval_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    interval = Rate(part, whole).interval
    assert interval is not None
    assert interval == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_strata_by_type_length_depth_and_regions(tmp_path: Path) -> None:
    bed = tmp_path / "some.bed"
    bed.write_text("c\t1\t2\n")

    found = {
        (each.by, each.name): each.tally for each in strata(COMPARED, {"mine": Regions.of_bed(bed)})
    }

    assert list(found) == [
        ("all", "all"),
        ("type", "SNV"),
        ("type", "insertion"),
        ("type", "deletion"),
        ("type", "complex"),
        ("indel length", "1 bp"),
        ("indel length", "2-5 bp"),
        ("depth", "0-4x"),
        ("depth", "5-9x"),
        ("depth", "30-99x"),
        ("depth", "100x and more"),
        ("depth", "unknown"),
        ("regions", "mine"),
    ]
    assert found["type", "insertion"] == Tally(1, 0, 0, 0, 0)
    assert found["regions", "mine"] == Tally(1, 0, 1, 0, 1)
    assert sum(tally.true for (by, _), tally in found.items() if by == "depth") == 3


def test_no_allele_is_a_stratum_of_zeros() -> None:
    assert [(each.name, each.tally) for each in strata([], {})] == [("all", Tally(0, 0, 0, 0, 0))]
