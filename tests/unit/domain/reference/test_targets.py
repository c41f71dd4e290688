import pytest

from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.targets import read_targets

CONTIGS = (Contig("chr2", 1000), Contig("chr1", 500))


def bed(*lines: str) -> list[bytes]:
    return [f"{line}\n".encode() for line in lines]


def test_targets_are_sorted_as_the_fasta_and_merged_where_they_touch() -> None:
    targets = read_targets(
        bed(
            "track name=exome",
            "browser position chr1",
            "# made by hand",
            "chr1\t100\t200\tEXON1\t0\t+",
            "chr2\t900\t1000",
            "chr1\t200\t210",  # touches the first
            "chr2\t0\t10",
            "chr2\t5\t8",  # lies in the one before
            "",
            "chr1 400 500",
        ),
        CONTIGS,
    )

    assert targets.problems == []
    assert list(targets.as_bed(CONTIGS)) == [
        "chr2\t0\t10\n",
        "chr2\t900\t1000\n",
        "chr1\t100\t210\n",
        "chr1\t400\t500\n",
    ]
    assert (targets.lines, targets.bases) == (6, 320)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chr1\t10", "line 2: it has fewer than three columns"),
        ("chrX\t1\t2", "line 2: the FASTA has no contig 'chrX'"),
        ("chr1\t5\t5", "line 2: the region begins at 5 and ends at 5"),
        ("chr1\t6\t5", "line 2: the region begins at 6 and ends at 5"),
        ("chr1\t1\t501", "line 2: the region ends at 501, and chr1 has 500 bases"),
        ("chr1\t-1\t5", "line 2: '-1' is no place on a contig"),
        ("chr1\tone\t5", "line 2: 'one' is no place on a contig"),
    ],
)
def test_line_that_is_no_region_of_the_fasta_is_named(line: str, said: str) -> None:
    (problem,) = read_targets(bed("chr1\t1\t2", line), CONTIGS).problems
    assert problem.startswith(said)


def test_contigs_whose_names_begin_as_track_lines_do_are_contigs() -> None:
    contigs = (Contig("track1", 100), Contig("browser.2", 100))
    targets = read_targets(bed("track", "browser\thide", "track1\t1\t2", "browser.2 3 4"), contigs)

    assert list(targets.as_bed(contigs)) == ["track1\t1\t2\n", "browser.2\t3\t4\n"]


def test_file_without_regions_is_refused() -> None:
    (problem,) = read_targets(bed("track name=x"), CONTIGS).problems
    assert problem.startswith("it has no regions")


def test_no_more_than_five_lines_are_named() -> None:
    assert len(read_targets(bed(*["chrX\t1\t2"] * 50), CONTIGS).problems) == 5


def test_padded_targets_stay_within_their_contigs_and_merge() -> None:
    targets = read_targets(bed("chr1\t20\t30", "chr1\t100\t200", "chr1\t260\t480"), CONTIGS)

    assert list(targets.padded(30, CONTIGS).as_bed(CONTIGS)) == [
        "chr1\t0\t60\n",
        "chr1\t70\t500\n",
    ]
    assert targets.padded(0, CONTIGS).regions == targets.regions
