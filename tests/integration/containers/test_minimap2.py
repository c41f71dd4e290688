"""minimap2, which says nothing where the two files of a lane are no pair."""

import subprocess
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry, fastq_records
from tests.integration.containers.simulated import Sample

PAIRS = 2000


@pytest.fixture(scope="module")
def indexed(s3: Any, sample: Sample, staged: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The staged sample, with minimap2's index beside its reference."""
    index = tmp_path_factory.mktemp("index") / "genome.fa.mmi"
    command = ["minimap2", "-x", "sr", "-d", str(index), str(sample.fasta)]
    subprocess.run(command, check=True, capture_output=True)
    key = f"{staged.split('/', 3)[3]}/{arguments.REFERENCE_NAME}.mmi"
    s3.upload_file(str(index), BUCKET, key)
    return staged


def aligned(entry: Entry, given: list[str]) -> Any:
    return entry.run("minimap2", *given, "--memory", "3")


@pytest.mark.long
def test_minimap2_gives_the_same_bam_whatever_the_threads(
    entry: Entry, s3: Any, indexed: str, tmp_path: Path
) -> None:
    bodies = []
    for threads in ("1", "2"):
        out = f"s3://{BUCKET}/minimap2/threads/S1"
        ended = aligned(entry, [*arguments.bwa(indexed, out), "--threads", threads])
        assert ended.code == 0, ended.log
        found = s3.get_object(Bucket=BUCKET, Key="minimap2/threads/S1/bam/sorted.bam")
        bodies.append(reads_of(found["Body"].read(), tmp_path))

    # the header names the command, and so the threads
    assert bodies[0] == bodies[1]


def reads_of(bam: bytes, folder: Path) -> list[str]:
    (folder / "bam").write_bytes(bam)
    with pysam.AlignmentFile(str(folder / "bam")) as reads:
        return [str(read) for read in reads]


@pytest.mark.long
def test_minimap2_refuses_files_of_different_fragments_and_names_the_record(
    entry: Entry, s3: Any, sample: Sample, indexed: str, tmp_path: Path
) -> None:
    first = fastq_records(sample.first, 0, PAIRS)
    second = fastq_records(sample.second, 0, PAIRS // 2) + fastq_records(
        sample.second, PAIRS // 2 + 1, PAIRS + 1
    )
    given = arguments.bwa(indexed, f"s3://{BUCKET}/minimap2/other/S1", reads="few")
    for side, body in enumerate((first, second), start=1):
        s3.put_object(Bucket=BUCKET, Key=f"minimap2/o_{side}.fastq", Body=body)
        there = f"{indexed}/few_{side}.fastq.gz"
        given = [word.replace(there, f"s3://{BUCKET}/minimap2/o_{side}.fastq") for word in given]

    ended = aligned(entry, given)

    assert ended.code == 65, ended.log
    assert "o_1.fastq and o_2.fastq are not a pair: their reads have different names" in ended.log
    assert f"record {PAIRS // 2 + 1:,} is " in ended.log
    assert entry.is_scratch_clean()
