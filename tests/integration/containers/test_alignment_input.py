"""BAM and CRAM files in place of FASTQ, through the aligners' entry points."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry
from tests.integration.containers.simulated import Sample

PAIRS = 2000
GROUPS = (
    "@RG\tID:one\tSM:S1\tPL:ILLUMINA\tPU:HTEST.1\tLB:lib",
    "@RG\tID:two\tSM:S1\tPL:DNBSEQ\tPU:V3.2\tLB:lib",
)

type Read = tuple[str, int, str, str, str]
"""Name, mate, bases, qualities, read group."""


def reads_of(sample: Sample, pairs: int = PAIRS) -> list[Read]:
    """The sample's first pairs, each second one of the second read group."""
    found: list[Read] = []
    with pysam.FastxFile(str(sample.first)) as one, pysam.FastxFile(str(sample.second)) as two:
        for number, (first, second) in enumerate(zip(one, two, strict=True)):
            if number == pairs:
                break
            group = "one" if number % 2 == 0 else "two"
            for mate, read in ((1, first), (2, second)):
                assert read.name and read.sequence and read.quality
                found.append((read.name, mate, read.sequence, read.quality, group))
    return found


def sam(reads: list[Read], groups: tuple[str, ...] = GROUPS, *, more_flags: int = 0) -> str:
    """Unaligned records of the reads."""
    lines = ["@HD\tVN:1.6\tSO:unsorted", *groups]
    for name, mate, bases, quality, group in reads:
        flag = more_flags | {0: 4, 1: 77, 2: 141}[mate]
        tag = [f"RG:Z:{group}"] if group else []
        fields = [name, flag, "*", 0, 0, "*", "*", 0, 0, bases, quality, *tag]
        lines.append("\t".join(map(str, fields)))
    return "\n".join(lines) + "\n"


def write(path: Path, text: str, *arguments: str | Path) -> Path:
    subprocess.run(
        ["samtools", "view", "-o", path, *arguments, "-"], input=text.encode(), check=True
    )  # noqa: S607
    return path


def aligned_file(path: Path, fasta: Path, text: str, *arguments: str | Path) -> Path:
    """The reads as some other aligner run has left them: sorted, with a supplementary record."""
    fastq = subprocess.run(
        ["samtools", "fastq", "-N", "-T", "RG", "-"],  # noqa: S607
        input=text.encode(),
        capture_output=True,
        check=True,
    ).stdout
    made = subprocess.run(
        ["bwa", "mem", "-p", "-C", "-H", r"\n".join(GROUPS).replace("\t", r"\t"), fasta, "-"],  # noqa: S607
        input=fastq,
        capture_output=True,
        check=True,
    ).stdout
    first = next(line for line in made.splitlines() if not line.startswith(b"@")).split(b"\t")
    first[1] = str(int(first[1]) | 0x800).encode()
    made += b"\t".join(first) + b"\n"
    command = ["samtools", "sort", "-O", path.suffix[1:], "-o", path, "--reference", fasta]
    subprocess.run([*command, *arguments, "-"], input=made, capture_output=True, check=True)
    return path


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/alignments-out/{request.node.name}".replace("[", "-").replace("]", "")


@pytest.fixture
def given(s3: Any, request: pytest.FixtureRequest) -> Callable[[Path], str]:
    def upload(path: Path) -> str:
        key = f"alignments/{request.node.name}/{path.name}"
        s3.upload_file(str(path), BUCKET, key)
        return f"s3://{BUCKET}/{key}"

    return upload


def job_arguments(staged: str, out: str, *reads: str, reference: str = "") -> list[str]:
    usual = arguments.bwa(staged, out)
    start = usual.index("--fastq1_s3_path")
    other = ["--reads_reference_s3_path", reference] if reference else []
    return [*usual[:start], "--reads_s3_path", *reads, *other, *usual[start + 4 :]]


def result(s3: Any, out: str, folder: Path) -> tuple[dict[str, Any], Counter[Read]]:
    """The result's header, and its reads as the sequencer gave them."""
    path = folder / "result.bam"
    s3.download_file(BUCKET, f"{out.split('/', 3)[3]}/bam/sorted.bam", str(path))
    reads: Counter[Read] = Counter()
    with pysam.AlignmentFile(str(path)) as bam:
        for read in bam:
            if not (read.is_secondary or read.is_supplementary):
                bases, quality = read.get_forward_sequence(), read.get_forward_qualities()
                assert bases and quality and read.query_name
                mate = read.is_read1 + 2 * read.is_read2
                text = "".join(chr(q + 33) for q in quality)
                reads[read.query_name, mate, bases, text, str(read.get_tag("RG"))] += 1
        return bam.header.to_dict(), reads


def facts(s3: Any, out: str) -> dict[str, Any]:
    key = f"{out.split('/', 3)[3]}/provenance/align.json"
    found: dict[str, Any] = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return found


@pytest.mark.parametrize("tool", ["bwa", "minimap2"])
@pytest.mark.parametrize("kind", ["unaligned.bam", "aligned.bam", "aligned.cram"])
def test_aligner_of_bam_or_cram_keeps_every_read_and_its_read_group(
    entry: Entry,
    s3: Any,
    staged: str,
    sample: Sample,
    out: str,
    given: Callable[[Path], str],
    tmp_path: Path,
    tool: str,
    kind: str,
) -> None:
    reads = reads_of(sample)
    path = tmp_path / kind
    if kind == "unaligned.bam":
        write(path, sam(reads))
    else:
        aligned_file(path, sample.fasta, sam(reads))
    if tool == "minimap2":
        index_for_minimap2(s3, sample)

    ended = entry.run(tool, *job_arguments(staged, out, given(path)))

    assert ended.code == 0, ended.log
    header, found = result(s3, out, tmp_path)
    assert found == Counter(reads)
    assert header["RG"] == [
        {"ID": "one", "PL": "ILLUMINA", "PU": "HTEST.1", "LB": "lib", "SM": "S1"},
        {"ID": "two", "PL": "DNBSEQ", "PU": "V3.2", "LB": "lib", "SM": "S1"},
    ]
    assert facts(s3, out)["warnings"] == []
    assert entry.is_scratch_clean()


def index_for_minimap2(s3: Any, sample: Sample) -> None:
    index = sample.fasta.with_name("genome.fa.mmi")
    command = ["minimap2", "-x", "sr", "-d", str(index), str(sample.fasta)]
    subprocess.run(command, check=True, capture_output=True)
    s3.upload_file(str(index), BUCKET, f"in/{index.name}")
