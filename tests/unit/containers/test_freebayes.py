from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from freebayes import blocks
from freebayes.blocks import MOST_BASES
from freebayes.commands import build_call_chain


def test_build_call_chain_leaves_out_what_differs_from_run_to_run() -> None:
    call, same, join, pack = build_call_chain(
        bam=Path("sorted.bam"),
        fasta=Path("ref.fa"),
        bed=Path("w.bed"),
        seen_bed=Path("w.seen.bed"),
        gvcf=Path("w.g.vcf.gz"),
        cmd_args=["-C", "3"],
    )
    assert call == [
        *("freebayes", "--fasta-reference", "ref.fa", "--genotype-qualities", "-C", "3"),
        *("--gvcf", "--gvcf-chunk", "10", "--targets", "w.seen.bed", "sorted.bam"),
    ]
    assert same == ["sed", "-e", "/^##fileDate=/d", "-e", "/^##commandline=/d"]
    assert join[1:] == ["-m", "freebayes.blocks", "w.bed", "ref.fa"]
    assert pack[:3] == ["bcftools", "view", "--no-version"]
    assert pack[-2:] == ["w.g.vcf.gz", "-"]


def test_build_call_chain_of_targets_has_a_record_for_each_base() -> None:
    call, *_ = build_call_chain(
        bam=Path("sorted.bam"),
        fasta=Path("ref.fa"),
        bed=Path("w.bed"),
        seen_bed=Path("w.seen.bed"),
        gvcf=Path("w.g.vcf.gz"),
        has_gaps=True,
    )
    assert call[-5:] == ["--gvcf-dont-use-chunk", "true", "--targets", "w.seen.bed", "sorted.bam"]


def join_records(lines: Iterable[str], regions: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The VCF with blocks, of a reference of T."""
    return blocks.join_records(lines, regions, lambda _contig, _position: "T")


def base(position: int, depth: int, reference: int | None = None) -> str:
    """freebayes' record of a base without a call; each read has quality 40."""
    seen = depth if reference is None else reference
    other = depth - seen
    values = f"{40 * (seen - other)}:{depth}:{depth}:{40 * seen}:{seen}:{40 * other}:{other}"
    return (
        f"chr1\t{position}\t.\tA\t<*>\t0\t.\tDP={depth};END={position};MIN_DP={depth}"
        f"\tGQ:DP:MIN_DP:QR:RO:QA:AO\t{values}\n"
    )


CALL = "chr1\t13\t.\tA\tC\t99\t.\tDP=9\tGT:GQ\t0/1:50\n"


def block(line: str) -> tuple[int, str, str]:
    fields = line.rstrip("\n").split("\t")
    return int(fields[1]), fields[7], fields[9]


def test_join_records_ends_blocks_at_regions_and_drops_what_begins_outside() -> None:
    # the last base of a region is that of the gap: freebayes divides its depth by the gap's length
    lines = ["##a\n", "#CHROM\n", base(11, 10), base(12, 20, 19), base(13, 1), base(31, 8)]

    joined = list(join_records([*lines, base(32, 0)], [(10, 12), (30, 31)]))

    assert joined[:2] == lines[:2]
    assert [block(line) for line in joined[2:]] == [
        (11, "DP=15;END=12;MIN_DP=10", "1120:15:10:1160:14:40:0"),
        (31, "DP=8;END=31;MIN_DP=8", "320:8:8:320:8:0:0"),
    ]


def test_join_records_keeps_calls_between_blocks_and_drops_those_outside() -> None:
    outside = CALL.replace("\t13\t", "\t16\t")

    joined = list(join_records([base(12, 9), CALL, base(14, 9), base(15, 7), outside], [(10, 15)]))

    assert joined[1] == CALL
    assert [block(joined[n])[:2] for n in (0, 2)] == [
        (12, "DP=9;END=12;MIN_DP=9"),
        (14, "DP=8;END=15;MIN_DP=7"),
    ]
    assert len(joined) == 3


def test_join_records_keeps_bases_without_reads_apart() -> None:
    lines = [base(1, 5), base(2, 0).replace("0:0:0:0", "-0:0:0:0"), base(3, 0), base(4, 6)]

    assert [block(line)[1:] for line in join_records(lines, [(0, 9)])] == [
        ("DP=5;END=1;MIN_DP=5", "200:5:5:200:5:0:0"),
        ("DP=0;END=3;MIN_DP=0", "0:0:0:0:0:0:0"),
        ("DP=6;END=4;MIN_DP=6", "240:6:6:240:6:0:0"),
    ]


def test_join_records_ends_a_block_after_as_many_bases_as_freebayes() -> None:
    lines = [base(number, 5) for number in range(1, MOST_BASES + 3)]

    assert [block(line)[0] for line in join_records(lines, [(0, len(lines))])] == [
        1,
        MOST_BASES + 1,
    ]


def test_join_records_keeps_values_that_it_does_not_know() -> None:
    lines = [base(1, 5).replace("\tGQ:", "\tGT:GQ:").replace("\t200:", "\t0/0:200:")]

    assert block(next(join_records(lines, [(0, 1)])))[2] == "0/0:200:5:5:200:5:0:0"


def records(position: int, bases: int, depth: int) -> str:
    """freebayes' record of several bases: sums of qualities, and means of depths."""
    short = base(position, depth).replace(f"END={position}", f"END={position + bases - 1}")
    quality = 40 * depth
    return short.replace(f"\t{quality}:", f"\t{bases * quality}:").replace(
        f":{quality}:{depth}:", f":{bases * quality}:{depth}:"
    )


def test_join_records_weighs_depths_by_bases() -> None:
    lines = [records(1, 10, 20), records(11, 5, 5)]

    assert [block(line) for line in join_records(lines, [(0, 20)])] == [
        (1, "DP=15;END=15;MIN_DP=5", "9000:15:5:9000:15:0:0")
    ]


def test_join_records_counts_bases_that_freebayes_has_passed_over() -> None:
    lines = [base(1, 40), base(3, 40), base(9, 40), base(30, 40), base(31, 0), base(33, 0)]

    assert [block(line)[:2] for line in join_records(lines, [(0, 40)])] == [
        (1, "DP=40;END=9;MIN_DP=40"),
        (30, "DP=40;END=30;MIN_DP=40"),
        (31, "DP=0;END=31;MIN_DP=0"),
        (33, "DP=0;END=33;MIN_DP=0"),
    ]


def test_join_records_passes_over_nothing_between_regions() -> None:
    lines = [base(1, 40), base(2, 40), base(5, 40)]

    assert [block(line)[0] for line in join_records(lines, [(0, 2), (4, 5)])] == [1, 5]


def test_join_records_begins_a_record_that_reaches_into_a_region_where_that_begins() -> None:
    lines = [records(1, 10, 30), records(11, 10, 20), records(21, 5, 20)]

    (line,) = join_records(lines, [(13, 25)])

    assert line.split("\t")[3] == "T"
    assert block(line) == (14, "DP=20;END=25;MIN_DP=20", "9600:20:20:9600:20:0:0")


def test_join_records_drops_a_call_that_reaches_into_a_region() -> None:
    deletion = CALL.replace("\tA\tC\t", "\tATT\tA\t")

    (line,) = join_records([records(3, 10, 20), deletion, records(16, 5, 20)], [(14, 25)])

    assert block(line)[0] == 16


def test_join_records_refuses_a_record_with_too_few_values() -> None:
    with pytest.raises(ValueError, match="shorter"):
        list(join_records([base(1, 5).rpartition(":")[0]], [(0, 1)]))
