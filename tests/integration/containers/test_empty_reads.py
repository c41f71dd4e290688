"""Reads without bases, as trimming leaves them: every step takes them, or says why not."""

import gzip
import json
import subprocess
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry, fastq_records
from tests.integration.containers.simulated import Sample

PAIRS = 1500
BOTH, FIRST, SECOND = (True, True), (True, False), (False, True)


def put(s3: Any, sample: Sample, empty: list[tuple[bool, bool]]) -> None:
    """Reads of the sample; of each pair of `empty` at the end, the reads that have no bases."""
    for side, path in enumerate((sample.first, sample.second)):
        text = fastq_records(path, 0, PAIRS)
        for number, pair in enumerate(empty):
            bases, qualities = (b"", b"") if pair[side] else (b"ACCA" * 25, b"F" * 100)
            text += b"@empty:%d\n%s\n+\n%s\n" % (number, bases, qualities)
        key = f"in/empty_{side + 1}.fastq.gz"
        s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(text))


@pytest.fixture
def minimap2_index(s3: Any, sample: Sample) -> None:
    index = f"{sample.fasta}.mmi"
    command = ["minimap2", "-x", "sr", "-d", index, str(sample.fasta)]
    subprocess.run(command, check=True, capture_output=True)
    s3.upload_file(index, BUCKET, "in/genome.fa.mmi")


@pytest.mark.parametrize(
    ("aligner", "empty"),
    [
        ("bwa", [BOTH, FIRST, SECOND]),
        pytest.param("minimap2", [BOTH, BOTH], marks=pytest.mark.long),
    ],
)
def test_alignment_with_reads_without_bases_is_taken_by_every_step(
    entry: Entry,
    s3: Any,
    sample: Sample,
    staged: str,
    minimap2_index: None,
    tmp_path: Any,
    aligner: str,
    empty: list[tuple[bool, bool]],
) -> None:
    put(s3, sample, empty)
    out = f"s3://{BUCKET}/empty/{aligner}"
    steps = [
        (aligner, arguments.bwa(staged, out, "--alignment_format=cram", reads="empty")),
        ("freebayes", arguments.caller(staged, out)),
        ("bcftools", arguments.caller(staged, out)),
        ("samtools_stats", arguments.samtools_stats(staged, out)),
        ("picard", arguments.picard(staged, out)),
        ("snpeff", arguments.snpeff(out, *arguments.annotation(staged))),
        ("multiqc", arguments.multiqc(out)),
    ]
    for tool, given in steps:
        ended = entry.run(tool, *given)
        assert ended.code == 0, ended.log

    bam = tmp_path / "sorted.bam"
    s3.download_file(BUCKET, f"empty/{aligner}/bam/sorted.bam", str(bam))
    with pysam.AlignmentFile(str(bam)) as file:
        reads = [each for each in file if not each.is_secondary and not each.is_supplementary]
    assert len(reads) == 2 * (PAIRS + len(empty))
    without = [each for each in reads if each.query_sequence is None]
    assert len(without) == sum(map(sum, empty))
    stats = s3.get_object(Bucket=BUCKET, Key=f"empty/{aligner}/provenance/alignmentStats.json")
    (warning,) = json.loads(stats["Body"].read())["warnings"]
    assert warning["code"] == "readsWithoutBases"
    assert warning["message"].startswith(f"{len(without)} of {len(reads):,} reads have no bases")


def test_pair_with_one_read_without_bases_is_refused_by_minimap2(
    entry: Entry, s3: Any, sample: Sample, staged: str, minimap2_index: None
) -> None:
    put(s3, sample, [SECOND])

    out = f"s3://{BUCKET}/empty/half"
    ended = entry.run("minimap2", *arguments.bwa(staged, out, reads="empty"))

    assert ended.code == 65, ended.log
    assert "a pair has bases in one of its reads only, which minimap2 can't align" in ended.log
    assert entry.is_scratch_clean()
