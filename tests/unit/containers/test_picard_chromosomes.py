"""The depth of each chromosome, from targets and from reads, without the regions that pair."""

from pathlib import Path

import pytest

from picard.chromosomes import (
    bases_without_n,
    build_count_command,
    depth_of_genome,
    depth_of_targets,
    regions_outside_pars,
)
from seqstack.domain.qc.sex import ChromosomeDepth
from seqstack.domain.reference.chromosomes import Chromosomes
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.fasta_index import parse_fai

CONTIGS = [
    *(Contig("1", 9000), Contig("2", 9000)),
    *(Contig("X", 156_040_895), Contig("Y", 57_227_415), Contig("MT", 16_569)),
]
HUMAN = Chromosomes.among(CONTIGS)
assert HUMAN


def row(chrom: str, start: int, end: int, depth: float) -> dict[str, str]:
    """As Picard writes it: from 1, the end included."""
    return {"chrom": chrom, "start": str(start), "end": str(end), "mean_coverage": str(depth)}


def test_depth_of_targets_is_their_median_and_the_upper_quartile_of_y() -> None:
    rows = [
        *(row("1", 1, 100, 40), row("1", 201, 250, 60), row("2", 1, 10, 1000)),
        *(row("X", 5_000_001, 5_000_100, 30), row("X", 6_000_001, 6_000_100, 12)),
        row("X", 2_781_479, 2_781_500, 900),  # its first base is the last of PAR1
        *(
            row("Y", 7_000_000 + 1000 * n, 7_000_099 + 1000 * n, d)
            for n, d in enumerate([0, 0, 24])
        ),
        row("Y", 57_217_415, 57_217_500, 900),  # its first base is the last of PAR2
        row("MT", 1, 100, 9000),
    ]

    assert depth_of_targets(rows, HUMAN) == [
        ChromosomeDepth("1", 2, 150, 50 / 60),
        ChromosomeDepth("2", 1, 10, 1000 / 60),
        ChromosomeDepth("X", 2, 200, 21 / 60),
        ChromosomeDepth("Y", 3, 300, 12 / 60),  # between the median, 0, and the highest, 24
    ]


@pytest.mark.parametrize("rows", [[], [row("1", 1, 9, 0), row("X", 5_000_000, 5_000_009, 7)]])
def test_depth_of_targets_without_reads_on_autosomes_is_unknown(rows: list[dict[str, str]]) -> None:
    assert depth_of_targets(rows, HUMAN) == []


def test_depth_of_a_genome_is_reads_for_each_base_that_is_not_n() -> None:
    counts, bases = {"1": 400, "2": 800, "X": 30, "Y": 0}, {"1": 100, "2": 200, "X": 15, "Y": 0}

    assert depth_of_genome(counts, bases, HUMAN) == [
        ChromosomeDepth("1", 0, 100, 1.0),
        ChromosomeDepth("2", 0, 200, 1.0),
        ChromosomeDepth("X", 0, 15, 0.5),
    ]
    assert depth_of_genome({"1": 0, "X": 9}, {"1": 10, "X": 10}, HUMAN) == []


def test_bases_are_counted_over_lines_without_n(tmp_path: Path) -> None:
    fasta = tmp_path / "a.fa"
    fasta.write_text(">a\nACGN\nNNNN\nACnT\nA\n>b\nNNAC\n")
    a, b = parse_fai("a\t13\t3\t4\t5\nb\t4\t23\t4\t5\n")

    assert bases_without_n(fasta, a, [(0, 13)]) == 7
    assert bases_without_n(fasta, a, [(2, 5), (8, 13)]) == 1 + 4
    assert bases_without_n(fasta, b, [(0, 4)]) == 2


def test_reads_are_counted_outside_the_regions_that_pair() -> None:
    regions = list(regions_outside_pars(HUMAN, "Y", 57_227_415))

    assert regions == ["Y:1-10000", "Y:2781480-56887902", "Y:57217416-57227415"]
    assert build_count_command(Path("a.bam"), regions, 4)[-4:] == ["a.bam", *regions]
