import pytest

from jobkit.read_groups import ReadGroup, read_groups
from jobkit.sorting import build_fixmate_command, build_sort_commands, sam_header, sort_memory_mib

CASAVA = "A00123:45:HXYZ7DSXX:2:1101:1000:2000 1:N:0:ACGT"


def test_read_groups_of_illumina_names_take_flowcell_and_lane() -> None:
    (group,) = read_groups("S1", [CASAVA])
    assert group.header_line() == (
        r"@RG\tID:HXYZ7DSXX.2\tSM:S1\tPL:ILLUMINA\tLB:S1\tPU:HXYZ7DSXX.2"
    )


@pytest.mark.parametrize(
    "header", ["SRR1919605.1 1 length=101", "read1/1", "a:b:c", "HWUSI:6:73:941:1973#0/1", ""]
)
def test_read_groups_of_other_names_fall_back_to_the_lanes_number(header: str) -> None:
    groups = read_groups("S1", [header, header])
    assert [group.id for group in groups] == ["S1.1", "S1.2"]
    assert [group.unit for group in groups] == ["S1.1", "S1.2"]


def test_read_groups_of_one_lane_in_two_files_have_different_ids() -> None:
    groups = read_groups("S1", [CASAVA, CASAVA.replace(":2:1101", ":3:1101"), CASAVA])
    assert [group.id for group in groups] == ["HXYZ7DSXX.2", "HXYZ7DSXX.3", "HXYZ7DSXX.2-2"]
    assert groups[2].unit == "HXYZ7DSXX.2"


def test_build_sort_commands_are_a_stream_into_the_one_bam() -> None:
    fixmate = build_fixmate_command(threads=4)
    sort, markdup = build_sort_commands("sorted.bam", threads=4, sort_mib=100)
    assert fixmate == ["samtools", "fixmate", "-@", "3", "-m", "-u", "-", "-"]
    assert sort[-5:] == ["-T", "sort", "-o", "-", "-"]
    assert sort[sort.index("-m") + 1] == "100M"
    assert markdup[-2:] == ["-", "sorted.bam##idx##sorted.bam.bai"]


@pytest.mark.parametrize(
    ("memory_gib", "index_gib", "threads", "expected"),
    [
        (None, 5, 8, 512),
        # (32 * 0.8 - 5 - 1) GiB / 16 threads = 1.225 GiB = 1254.4 MiB
        (32, 5, 16, 1254),
        (64, 5, 8, 2048),  # never more than 2 GiB
        (4, 5, 8, 32),  # never less than samtools can work with
    ],
)
def test_sort_memory_is_what_the_aligner_leaves(
    memory_gib: float | None, index_gib: int, threads: int, expected: int
) -> None:
    assert sort_memory_mib(memory_gib, index_gib << 30, threads) == expected


def test_header_of_several_lanes_has_every_contig_and_every_read_group() -> None:
    groups = [ReadGroup("a", "S1", "u1"), ReadGroup("b", "S1", "u2")]
    lines = [group.header_line("\t") for group in groups]

    header = sam_header({"chr1": 10, "chr2": 5}, lines, "bwa", "0.7.18", ["bwa", r"@RG\tID:a"])

    assert header.splitlines() == [
        "@HD\tVN:1.6\tSO:unsorted\tGO:query",
        "@SQ\tSN:chr1\tLN:10",
        "@SQ\tSN:chr2\tLN:5",
        "@RG\tID:a\tSM:S1\tPL:ILLUMINA\tLB:S1\tPU:u1",
        "@RG\tID:b\tSM:S1\tPL:ILLUMINA\tLB:S1\tPU:u2",
        "@PG\tID:bwa\tPN:bwa\tVN:0.7.18\tCL:bwa @RG\\tID:a",
    ]
