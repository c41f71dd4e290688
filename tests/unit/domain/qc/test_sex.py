"""Sex is a word only where depth and heterozygosity agree, and there is enough of both."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from seqstack.domain.qc.metrics import METRICS
from seqstack.domain.qc.sex import (
    ChromosomeDepth,
    SexEvidence,
    count_genotypes,
    depths_as_text,
    outside,
    read_depths,
    unmeasurable,
)
from seqstack.domain.reference.chromosomes import Chromosomes
from seqstack.domain.reference.contigs import Contig

GRCH38 = [
    *(Contig(f"chr{number}", 1000) for number in range(1, 23)),
    Contig("chrX", 156_040_895),
    Contig("chrY", 57_227_415),
]
# coding genes for each Mb, relative to their median, roughly: a capture's autosomes
CAPTURED = [1.4, 1, 0.95, 0.65, 0.8, 1, 1, 0.75, 0.95, 0.95, 1.5, 1.3, 0.55, 1.2, 1.3, 1.7, 2.4]
CAPTURED += [0.65, 4.3, 1.2, 0.9, 2]


def evidence(
    x: float,
    y: float,
    heterozygosity: float,
    *,
    targets: tuple[int, int, int] = (10, 100, 20),
    variants: int = 100,
    mean_depth: float | None = 60.0,
    autosomes: list[float] | None = None,
    contigs: list[Contig] = GRCH38,
) -> SexEvidence:
    """Of a sample; `targets` are those of each autosome, of X and of Y."""
    chromosomes = Chromosomes.among(contigs)
    assert chromosomes
    relative = dict.fromkeys([each.name for each in chromosomes.contigs], 1.0)
    relative |= {f"chr{n}": value for n, value in enumerate(autosomes or [], start=1)}
    relative |= {chromosomes.x.name: x, chromosomes.y.name: y}
    given = {chromosomes.x.name: targets[1], chromosomes.y.name: targets[2]}
    rows = [ChromosomeDepth(n, given.get(n, targets[0]), 9, v) for n, v in relative.items()]
    return SexEvidence(chromosomes, rows, mean_depth, round(heterozygosity * variants), variants)


def test_female_has_two_x_no_y_and_heterozygous_variants() -> None:
    found = evidence(0.98, 0.004, 0.61)

    assert found.metrics == {
        "xDepthRatio": 0.98,
        "yDepthRatio": 0.004,
        "xHeterozygosity": 0.61,
        "sex": "female",
    }
    assert set(found.metrics) <= METRICS.keys()


def test_male_has_one_x_one_y_and_hardly_a_heterozygous_variant() -> None:
    assert evidence(0.5, 0.41, 0.03).metrics["sex"] == "male"
    assert evidence(0.5, 0.28, 0.03, targets=(0, 0, 0)).metrics["sex"] == "male"  # a genome


@pytest.mark.parametrize(
    ("what", "x", "y", "heterozygosity"),
    [
        ("XXY", 1.0, 0.45, 0.6),
        ("X0", 0.5, 0.003, 0.02),
        ("XXX", 1.5, 0.003, 0.7),
        ("XX male, with SRY alone", 1.0, 0.1, 0.6),
        ("male who has lost Y in half of the cells", 0.5, 0.15, 0.02),
        ("half a female, half a male", 0.75, 0.22, 0.6),
        ("four fifths a male, the rest a female", 0.6, 0.38, 0.3),
        ("four fifths a female, the rest a male", 0.9, 0.09, 0.6),
        ("two males", 0.5, 0.45, 0.35),
        ("depth of a female, genotypes of a male", 1.0, 0.001, 0.05),
        ("depth of a male, genotypes of a female", 0.5, 0.45, 0.6),
        ("no depth", 0.0, 0.0, 0.6),
    ],
)
def test_evidence_that_disagrees_is_ambiguous(
    what: str, x: float, y: float, heterozygosity: float
) -> None:
    assert evidence(x, y, heterozygosity).metrics["sex"] == "ambiguous", what


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"targets": (4, 100, 20)}, "88 targets are on the autosomes outside of PAR, and 100"),
        ({"targets": (10, 19, 20)}, "19 targets are on X outside of PAR, and 20 are needed"),
        ({"targets": (10, 100, 9)}, "9 targets are on Y outside of PAR, and 10 are needed"),
        ({"variants": 19}, "19 variants of X count, and 20 are needed"),
        ({"variants": 0}, "0 variants of X count"),
        ({"mean_depth": 4.9}, "the mean depth is below 5x"),
        ({"mean_depth": None}, "the mean depth is below 5x"),
        ({"targets": (0, 0, 0), "autosomes": CAPTURED}, "differ in depth as those of a capture"),
        (
            {"contigs": [Contig("1", 9), Contig("X", 171_031_299), Contig("Y", 91_744_698)]},
            "the lengths of X and Y are neither those of GRCh37 nor of GRCh38",
        ),
    ],
)
def test_evidence_that_is_thin_gives_no_word(changes: Mapping[str, object], said: str) -> None:
    found = evidence(1.0, 0.0, 0.6, **changes)  # type: ignore[arg-type]

    assert said in found.thin
    assert "sex" not in found.metrics
    assert found.metrics["xDepthRatio"] == 1.0


def test_genome_with_a_trisomy_is_measured() -> None:
    autosomes = [1.0] * 20 + [1.5] + [1.15]

    assert not evidence(1.0, 0.0, 0.6, targets=(0, 0, 0), autosomes=autosomes).thin


def test_nothing_measured_has_no_metrics() -> None:
    found = replace(evidence(1.0, 0.0, 0.0, variants=0), depths=[])

    assert found.metrics == {}
    assert found.thin == "the depth of X, Y or the autosomes was not measured"


def test_genotypes_count_outside_the_regions_that_pair() -> None:
    chromosomes = Chromosomes.among(GRCH38)
    assert chromosomes
    lines = [
        "10000\t0/1\n",  # before PAR1
        "10001\t0/1\n",  # the first base of PAR1
        "2781479\t0/1\n",  # the last base of PAR1
        "2781480\t1|1\n",
        "5000000\t1\n",  # haploid
        "5000001\t1/2\n",
        "5000002\t0/0\n",
        "5000003\t./.\n",
        "5000004\t./1\n",
        "155701383\t0/1\n",  # the first base of PAR2
        "156030896\t0|1\n",
    ]

    assert count_genotypes(lines, chromosomes) == (3, 5)


def test_table_is_read_as_it_was_written() -> None:
    rows = [ChromosomeDepth("chr1", 7, 1234, 1.0), ChromosomeDepth("chrY", 0, 5, 0.0312)]

    assert depths_as_text(rows) == (
        "chrom\ttargets\tbases\trelative_depth\nchr1\t7\t1234\t1.0000\nchrY\t0\t5\t0.0312\n"
    )
    assert read_depths(depths_as_text(rows)) == rows
    assert read_depths(depths_as_text([])) == []


@pytest.mark.parametrize(
    "text", ["", "chrom\n", f"{depths_as_text([])}chr1\t1\n", f"{depths_as_text([])}a\t1\t2\tx\n"]
)
def test_other_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_depths(text)


def test_stretches_outside_are_what_regions_leave() -> None:
    assert list(outside((), 9)) == [(0, 9)]
    assert list(outside(((2, 4), (7, 9)), 9)) == [(0, 2), (4, 7)]
    assert list(outside(((0, 4),), 9)) == [(4, 9)]


def test_only_a_human_reference_can_give_a_sex_and_any_with_x_and_y_their_depth() -> None:
    mouse = [Contig("1", 9), Contig("X", 171_031_299), Contig("Y", 91_744_698)]

    assert unmeasurable("sex", GRCH38) == unmeasurable("yDepthRatio", mouse) == ""
    assert "neither those of GRCh37" in unmeasurable("sex", mouse)
    for metric in ("xDepthRatio", "yDepthRatio", "xHeterozygosity", "sex"):
        assert "has no X, no Y" in unmeasurable(metric, mouse[:2])
    assert unmeasurable("titv", []) == ""
