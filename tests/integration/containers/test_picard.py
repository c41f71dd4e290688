"""Coverage and insert sizes by Picard, compared with what samtools and pysam count."""

import gzip
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pysam
import pytest

from picard.files import first_row
from tests.integration.containers import arguments
from tests.integration.containers.conftest import (
    BUCKET,
    Ended,
    Entry,
    copy_alignment,
    declare_whole,
)

SECONDS = 600
# Not sorted, and two of them overlap: together chr1:1001-2500, chr1:50001-50400, chr2:10001-10100.
TARGETS = "chr2\t10000\t10100\nchr1\t2000\t2500\tb\nchr1\t1000\t2100\ta\nchr1\t50000\t50400\n"
MERGED = [("chr1", 1001, 2500), ("chr1", 50001, 50400), ("chr2", 10001, 10100)]


def measure(
    entry: Entry, s3: Any, staged: str, out: str, folder: Path, bed: bytes | None, *more: str
) -> tuple[Ended, Path]:
    """Run the job, and download what it wrote."""
    given: list[str] = []
    root = out.removeprefix(f"s3://{BUCKET}/")
    if bed is not None:
        s3.put_object(Bucket=BUCKET, Key=f"{root}/targets.bed", Body=bed)
        given = [f"--targets_s3_path={out}/targets.bed"]
    ended = entry.run("picard", *arguments.picard(staged, out, *given, *more), timeout=SECONDS)
    for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{root}/qc/").get("Contents", []):
        s3.download_file(BUCKET, item["Key"], str(folder / Path(item["Key"]).name))
    return ended, folder


def table(folder: Path) -> list[list[str]]:
    with gzip.open(folder / "target_depth.tsv.gz", "rt") as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


def depths(bam: Path, regions: Sequence[tuple[str, int, int]]) -> list[list[int]]:
    """Each base's depth, as Picard counts it: quality 20 of base and read, mates once."""
    counted = []
    for name, start, end in regions:
        argv = ["samtools", "depth", "-a", "-s", "-q", "20", "-Q", "20"]
        argv += ["-r", f"{name}:{start}-{end}", str(bam)]
        rows = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        counted.append([int(row.split("\t")[2]) for row in rows.splitlines()])
    return counted


@pytest.fixture(scope="module")
def bam(s3: Any, aligned: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bam") / "sorted.bam"
    for suffix in ("", ".bai"):
        key = f"{aligned.removeprefix(f's3://{BUCKET}/')}/bam/sorted.bam{suffix}"
        s3.download_file(BUCKET, key, f"{path}{suffix}")
    return path


@pytest.mark.long
def test_picard_measures_targets_as_samtools_counts_them(
    entry: Entry, s3: Any, staged: str, aligned: str, bam: Path, tmp_path: Path
) -> None:
    out = f"s3://{BUCKET}/picard/targets"
    copy_alignment(s3, aligned, out)

    bed = gzip.compress(TARGETS.encode())
    ended, folder = measure(entry, s3, staged, out, tmp_path, bed)

    assert ended.code == 0, ended.log
    assert entry.is_scratch_clean()
    assert "Started on" not in (folder / "coverage_metrics.txt").read_text()
    row = first_row((folder / "coverage_metrics.txt").read_text())
    counted = depths(bam, MERGED)
    every = [depth for target in counted for depth in target]
    assert row["TARGET_TERRITORY"] == "2000"
    assert float(row["MEAN_TARGET_COVERAGE"]) == pytest.approx(statistics.mean(every), rel=0.02)
    for least in (1, 10, 20, 30, 50, 100):
        share = sum(depth >= least for depth in every) / len(every)
        assert float(row[f"PCT_TARGET_BASES_{least}X"]) == pytest.approx(share, abs=0.03)
    header, *rows = table(folder)
    assert header[:5] == ["chrom", "start", "end", "length", "name"]
    assert [(name, int(start), int(end)) for name, start, end, *_ in rows] == MERGED
    means = [float(each[header.index("mean_coverage")]) for each in rows]
    assert means == pytest.approx([statistics.mean(each) for each in counted], rel=0.03)
    with pysam.AlignmentFile(str(bam)) as reads:
        sizes = [
            read.template_length
            for read in reads
            if read.is_read1 and not read.is_duplicate and not read.is_supplementary
        ]
    median = statistics.median(abs(size) for size in sizes if size)
    found = first_row((folder / "insert_size_metrics.txt").read_text())
    assert float(found["MEDIAN_INSERT_SIZE"]) == pytest.approx(median, abs=1)


def test_picard_of_depths_above_its_cap_has_the_median_and_the_evenness_of_all(
    entry: Entry, s3: Any, staged: str, aligned: str, bam: Path, tmp_path: Path
) -> None:
    out = f"s3://{BUCKET}/picard/capped"
    copy_alignment(s3, aligned, out)
    cap = "--cmd_args=--COVERAGE_CAP 20"

    ended, folder = measure(entry, s3, staged, out, tmp_path, TARGETS.encode(), cap)

    assert ended.code == 0, ended.log
    row = first_row((folder / "coverage_metrics.txt").read_text())
    every = sorted(depth for target in depths(bam, MERGED) for depth in target)
    assert float(row["MEDIAN_TARGET_COVERAGE"]) == pytest.approx(statistics.median(every), abs=1)
    fold = statistics.mean(every) / every[len(every) // 5 - 1]
    assert fold < 2 < statistics.mean(every) / 20
    assert float(row["FOLD_80_BASE_PENALTY"]) == pytest.approx(fold, rel=0.03)


def test_picard_of_a_genome_whose_half_is_above_its_cap_warns(
    entry: Entry, s3: Any, staged: str, aligned: str, tmp_path: Path
) -> None:
    out = f"s3://{BUCKET}/picard/capped-genome"
    copy_alignment(s3, aligned, out)
    cap = "--cmd_args=--COVERAGE_CAP 20"

    ended, _ = measure(entry, s3, staged, out, tmp_path, None, cap)

    assert ended.code == 0, ended.log
    assert "half of the genome or more has 20 reads or more" in ended.log


@pytest.mark.long
def test_picard_without_targets_measures_the_genome(
    entry: Entry, s3: Any, staged: str, aligned: str, bam: Path, tmp_path: Path
) -> None:
    out = f"s3://{BUCKET}/picard/genome"
    copy_alignment(s3, aligned, out)

    ended, folder = measure(entry, s3, staged, out, tmp_path, None)

    assert ended.code == 0, ended.log
    every = [d for each in depths(bam, [("chr1", 1, 90_000), ("chr2", 1, 60_000)]) for d in each]
    assert "half of the genome" not in ended.log
    row = first_row((folder / "coverage_metrics.txt").read_text())
    assert row["GENOME_TERRITORY"] == "150000"
    assert float(row["MEAN_COVERAGE"]) == pytest.approx(statistics.mean(every), rel=0.02)
    assert [each[0] for each in table(folder)] == ["chrom"]


@pytest.mark.long
def test_picard_of_single_reads_beside_the_only_target_warns(
    entry: Entry, s3: Any, staged: str, bam: Path, tmp_path: Path
) -> None:
    """The reads lie on chr1, and their mates nowhere."""
    lone = tmp_path / "sorted.bam"
    with (
        pysam.AlignmentFile(str(bam)) as reads,
        pysam.AlignmentFile(str(lone), "wb", template=reads) as written,
    ):
        for read in reads.fetch("chr1", 20_000, 21_000):
            read.flag = 16 if read.is_reverse else 0
            read.next_reference_id = read.next_reference_start = -1
            read.template_length = 0
            written.write(read)
    pysam.index(str(lone))
    out = f"s3://{BUCKET}/picard/lone"
    for name in ("sorted.bam", "sorted.bam.bai"):
        s3.upload_file(str(tmp_path / name), BUCKET, f"picard/lone/bam/{name}")
    declare_whole(s3, out, "align", "bam/sorted.bam", "bam/sorted.bam.bai")

    ended, folder = measure(entry, s3, staged, out, tmp_path, b"chr2\t100\t101\n")

    assert ended.code == 0, ended.log
    assert "no read is on a target" in ended.log
    assert "no pair of reads is aligned" in ended.log
    assert first_row((folder / "coverage_metrics.txt").read_text())["PCT_TARGET_BASES_1X"] == "0"
    assert "No pair of aligned reads" in (folder / "insert_size_metrics.txt").read_text()
    assert len(table(folder)) == 2


def test_picard_with_targets_of_another_assembly_is_refused(
    entry: Entry, s3: Any, staged: str, aligned: str, tmp_path: Path
) -> None:
    out = f"s3://{BUCKET}/picard/wrong"
    copy_alignment(s3, aligned, out)

    ended, _ = measure(entry, s3, staged, out, tmp_path, b"chr1\t1\t9\nchr1\t89000\t90001\n")

    assert ended.code == 65
    assert "line 2: the region ends at 90,001, and chr1 has 90,000 bases" in ended.log
