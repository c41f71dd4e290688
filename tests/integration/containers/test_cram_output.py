"""The alignment as CRAM: what samtools and bcftools read of it is what they read of the BAM."""

import gzip
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry, fastq_records
from tests.integration.containers.simulated import Sample

pytestmark = pytest.mark.long

_READ = ("samtools", "view", "--no-PG", "-h", "--input-fmt-option", "decode_md=0")
PAIRS = 1500


def lines_of(path: Path, fasta: Path) -> tuple[list[str], list[str]]:
    """A file's header and records; M5 and UR of contigs are CRAM's own, which puts RG last."""
    command = [*_READ, "-T", str(fasta), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    header = ["\t".join(line.split("\t")[:3]) if "@SQ" in line else line for line in lines]
    return (
        sorted(line for line in header if line.startswith("@")),
        [_with_sorted_tags(line) for line in lines if not line.startswith("@")],
    )


def _with_sorted_tags(record: str) -> str:
    fields = record.split("\t")
    return "\t".join([*fields[:11], *sorted(fields[11:])])


@pytest.fixture
def reads(s3: Any, sample: Sample) -> str:
    """Reads of which some repeat others, some align nowhere, and one is empty."""
    for side, path in ((1, sample.first), (2, sample.second)):
        text = fastq_records(path, 0, PAIRS)
        again = text[: len(text) // 20].rpartition(b"\n@")[0] + b"\n"
        alien = b"@alien\n" + b"ACCA" * 25 + b"\n+\n" + b"#" * 100 + b"\n@empty\n\n+\n\n"
        body = gzip.compress(text + again.replace(b"@SIM:1", b"@SIM:2") + alien)
        s3.put_object(Bucket=BUCKET, Key=f"in/cram_{side}.fastq.gz", Body=body)
    return "cram"


@pytest.mark.parametrize("tool", ["bwa", "minimap2"])
@pytest.mark.parametrize("packing", ["", ".gz"])
def test_aligner_asked_for_cram_gives_the_records_of_the_bam(
    entry: Entry,
    s3: Any,
    staged: str,
    sample: Sample,
    reads: str,
    tmp_path: Path,
    tool: str,
    packing: str,
) -> None:
    fasta = sample.fasta
    name = f"{tool}{packing}"
    index = ["minimap2", "-x", "sr", "-d", str(tmp_path / "genome.fa.mmi"), str(fasta)]
    subprocess.run(index, check=True, capture_output=True)
    s3.upload_file(str(tmp_path / "genome.fa.mmi"), BUCKET, "in/genome.fa.mmi")
    if packing:  # the FASTA is packed, and its indexes are named after it
        s3.put_object(
            Bucket=BUCKET, Key="in/packed/genome.fa.gz", Body=gzip.compress(fasta.read_bytes())
        )
        for suffix in (".fai", ".amb", ".ann", ".bwt", ".pac", ".sa", ".mmi"):
            source = {"Bucket": BUCKET, "Key": f"in/genome.fa{suffix}"}
            s3.copy_object(Bucket=BUCKET, Key=f"in/packed/genome.fa.gz{suffix}", CopySource=source)
    out = f"s3://{BUCKET}/cram-out/{name}"
    given = arguments.bwa(staged, out, "--alignment_format=cram", reads=reads)
    reference = f"{staged}/{'packed/' if packing else ''}genome.fa{packing}"
    given = [
        f"--reference_s3_path={reference}" if word.startswith("--reference_s3_path") else word
        for word in given
    ]

    ended = entry.run(tool, *given)

    assert ended.code == 0, ended.log
    assert entry.is_scratch_clean()
    for suffix in ("bam", "bam.bai", "cram", "cram.crai"):
        s3.download_file(
            BUCKET, f"cram-out/{name}/bam/sorted.{suffix}", str(tmp_path / f"sorted.{suffix}")
        )
    bam, cram = (lines_of(tmp_path / f"sorted.{kind}", fasta) for kind in ("bam", "cram"))
    assert len(cram[1]) > 2 * PAIRS
    assert cram == bam
    command = ["samtools", "view", "-H", "--no-PG", str(tmp_path / "sorted.cram")]
    header = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert header.count(f"\tUR:{reference}") == 2  # once for each contig, and no path of the job
    part = [
        subprocess.run(
            [*_READ[:3], "-c", "-T", fasta, tmp_path / f"sorted.{kind}", "chr2:1-900"],
            capture_output=True,
            check=True,
        ).stdout
        for kind in ("bam", "cram")
    ]
    assert part[0] == part[1]
