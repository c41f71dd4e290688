"""Several lanes, and files that are no pair."""

import gzip
import itertools
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry
from tests.integration.containers.simulated import Sample

pytestmark = pytest.mark.long

PAIRS = 2000


def records(path: Path, start: int, end: int) -> str:
    with gzip.open(path, "rt") as lines:
        return "".join(itertools.islice(lines, 4 * start, 4 * end))


def upload(s3: Any, name: str, text: str, *, gzipped: bool = True) -> str:
    body = gzip.compress(text.encode(), 1) if gzipped else text.encode()
    s3.put_object(Bucket=BUCKET, Key=f"lanes/{name}", Body=body)
    return f"s3://{BUCKET}/lanes/{name}"


def with_fastq(given: list[str], first: list[str], second: list[str]) -> list[str]:
    start = given.index("--fastq1_s3_path")  # option, URI, option, URI
    kept = given[:start] + given[start + 4 :]
    return [*kept, "--fastq1_s3_path", *first, "--fastq2_s3_path", *second]


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/lanes-out/{request.node.name.partition('[')[0]}"


def test_bwa_two_lanes_gives_one_bam_with_a_read_group_each(
    entry: Entry, s3: Any, staged: str, sample: Sample, out: str, tmp_path: Path
) -> None:
    first: list[str] = []
    second: list[str] = []
    for lane, (start, end) in enumerate(((0, PAIRS), (PAIRS, 3 * PAIRS)), start=1):
        for paths, source, side in ((first, sample.first, 1), (second, sample.second, 2)):
            text = records(source, start, end).replace(":HTEST:1:", f":HTEST:{lane}:")
            # the second lane is not compressed, and ends without a newline
            text = text.removesuffix("\n") if lane == 2 else text
            paths.append(upload(s3, f"L{lane}_{side}.fastq", text, gzipped=lane == 1))
    ended = entry.run("bwa", *with_fastq(arguments.bwa(staged, out), first, second))
    assert ended.code == 0, ended.log
    s3.download_file(BUCKET, f"{out.split('/', 3)[3]}/bam/sorted.bam", str(tmp_path / "sorted.bam"))
    with pysam.AlignmentFile(str(tmp_path / "sorted.bam")) as bam:
        assert bam.header["HD"]["SO"] == "coordinate"
        assert {group["ID"] for group in bam.header["RG"]} == {"HTEST.1", "HTEST.2"}
        assert {group["SM"] for group in bam.header["RG"]} == {"S1"}
        counts = {"HTEST.1": 0, "HTEST.2": 0}
        for read in bam:
            if not read.is_secondary and not read.is_supplementary:
                counts[read.get_tag("RG")] += 1
    assert counts == {"HTEST.1": 2 * PAIRS, "HTEST.2": 4 * PAIRS}


def test_bwa_second_file_with_fewer_reads_is_refused(
    entry: Entry, s3: Any, staged: str, sample: Sample, out: str
) -> None:
    first = upload(s3, "long_1.fastq.gz", records(sample.first, 0, PAIRS))
    second = upload(s3, "short_2.fastq.gz", records(sample.second, 0, PAIRS - 7))
    ended = entry.run("bwa", *with_fastq(arguments.bwa(staged, out), [first], [second]))
    assert ended.code == 65, ended.log
    assert "long_1.fastq.gz and short_2.fastq.gz are not a pair: 2000 and 1993 reads" in ended.log
    assert entry.is_scratch_clean()


def test_bwa_files_of_different_fragments_are_refused(
    entry: Entry, s3: Any, staged: str, sample: Sample, out: str
) -> None:
    first = upload(s3, "a_1.fastq.gz", records(sample.first, 0, PAIRS))
    second = upload(s3, "b_2.fastq.gz", records(sample.second, 1, PAIRS + 1))
    ended = entry.run("bwa", *with_fastq(arguments.bwa(staged, out), [first], [second]))
    assert ended.code == 65, ended.log
    assert "their reads have different names" in ended.log


def test_bwa_record_with_short_quality_is_refused_though_bwa_itself_ends_well(
    entry: Entry, s3: Any, staged: str, sample: Sample, out: str
) -> None:
    sides = []
    for source, side in ((sample.first, 1), (sample.second, 2)):
        lines = records(source, 0, PAIRS).splitlines()
        lines[4 * 1000 + 3] = lines[4 * 1000 + 3][:-1]
        sides.append(upload(s3, f"bad_{side}.fastq.gz", "\n".join(lines) + "\n"))
    ended = entry.run("bwa", *with_fastq(arguments.bwa(staged, out), [sides[0]], [sides[1]]))
    assert ended.code == 65, ended.log
    assert "bad_1.fastq.gz and bad_2.fastq.gz have 4000 reads, but bwa read" in ended.log
    assert "a record is malformed" in ended.log


@pytest.mark.parametrize("size", [0, 20])
def test_bwa_empty_fastq_is_refused(
    entry: Entry, s3: Any, staged: str, out: str, size: int
) -> None:
    body = gzip.compress(b"")[:size]
    s3.put_object(Bucket=BUCKET, Key="lanes/empty.fastq.gz", Body=body)
    s3.put_object(Bucket=BUCKET, Key="lanes/empty2.fastq.gz", Body=body)
    ended = entry.run(
        "bwa",
        *with_fastq(
            arguments.bwa(staged, out),
            [f"s3://{BUCKET}/lanes/empty.fastq.gz"],
            [f"s3://{BUCKET}/lanes/empty2.fastq.gz"],
        ),
    )
    assert ended.code == 65, ended.log
    assert "empty.fastq.gz has no reads" in ended.log


def test_bwa_unequal_lists_of_lanes_are_a_usage_error(entry: Entry, staged: str, out: str) -> None:
    one, two = f"{staged}/reads_1.fastq.gz", f"{staged}/reads_2.fastq.gz"
    ended = entry.run("bwa", *with_fastq(arguments.bwa(staged, out), [one, two], [two]))
    assert ended.code == 64
    assert "2 first FASTQ files, but 1 second ones" in ended.log
