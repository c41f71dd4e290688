"""Names of every common style are aligned as pairs; what can't be right does not pass."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, FEW, STAND_INS, Entry, fastq_records
from tests.integration.containers.simulated import Sample

pytestmark = pytest.mark.long

STYLES: dict[str, Callable[[int, int], str]] = {
    "sra-dot": lambda number, mate: f"SRR900001.{number}.{mate} {number} length=100",
    "underscore-r": lambda number, mate: f"read{number}_R{mate}",
    "slash": lambda number, mate: f"a:b:{number}/{mate}",
    "lengths": lambda number, mate: f"SRR1.{number} {number} length={100 + mate}",
}


@pytest.fixture
def entry(entry: Entry) -> Entry:
    entry.path_front = (STAND_INS,)
    return entry


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/names/{request.node.name.replace('[', '/').rstrip(']')}"


def named(text: bytes, name: Callable[[int, int], str], mate: int) -> bytes:
    lines = text.split(b"\n")
    numbers = range(1, len(lines) // 4 + 1)
    lines[0:-1:4] = [f"@{name(number, mate)}".encode() for number in numbers]
    return b"\n".join(lines)


def align(
    entry: Entry, s3: Any, staged: str, out: str, tool: str, mates: list[bytes]
) -> tuple[int, str]:
    given = arguments.bwa(staged, out, reads="few")
    for side, text in enumerate(mates, start=1):
        key = f"{out.removeprefix(f's3://{BUCKET}/')}-in/x_{side}.fastq.gz"
        s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(text))
        there = f"{staged}/few_{side}.fastq.gz"
        given = [word.replace(there, f"s3://{BUCKET}/{key}") for word in given]
    ended = entry.run(tool, *given, "--memory", "3")
    return ended.code, ended.log


def fetched(s3: Any, out: str, name: str, folder: Path) -> Path:
    path = folder / Path(name).name
    s3.download_file(BUCKET, f"{out.removeprefix(f's3://{BUCKET}/')}/{name}", str(path))
    return path


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("tool", ["bwa", "isaac"])
def test_aligner_given_names_of_a_style_aligns_pairs_under_the_fragments_names(
    entry: Entry,
    s3: Any,
    staged: str,
    sample: Sample,
    out: str,
    tmp_path: Path,
    tool: str,
    style: str,
) -> None:
    # blank lines at the end are of no account
    mates = [
        named(fastq_records(path, 0, FEW), STYLES[style], mate) + b"\n\n"
        for mate, path in enumerate((sample.first, sample.second), start=1)
    ]

    code, log = align(entry, s3, staged, out, tool, mates)

    assert code == 0, log
    with pysam.AlignmentFile(str(fetched(s3, out, "bam/sorted.bam", tmp_path))) as bam:
        reads = [read for read in bam.fetch(until_eof=True) if not read.flag & 0x900]
    assert len(reads) == 2 * FEW
    fragment = STYLES[style](1, 1).split()[0]
    for mark in (".1", "_R1", "/1"):
        fragment = fragment.removesuffix(mark) if style != "lengths" else fragment
    assert fragment in {read.query_name for read in reads}
    assert len({read.query_name for read in reads}) == FEW
    assert sum(read.is_proper_pair for read in reads) > 1.9 * FEW
    record = json.loads(fetched(s3, out, "provenance/align.json", tmp_path).read_text())
    assert record["warnings"] == []
    assert record["facts"]["reads"] == 2 * FEW
    assert record["facts"]["readsInProperPairs"] == sum(read.is_proper_pair for read in reads)


def test_bwa_given_reads_of_another_species_warns(
    entry: Entry, s3: Any, staged: str, sample: Sample, out: str, tmp_path: Path
) -> None:
    swap = bytes.maketrans(b"ACGT", b"CATG")  # neither the strand nor its complement
    mates = []
    for path in (sample.first, sample.second):
        lines = fastq_records(path, 0, FEW).split(b"\n")
        lines[1::4] = [line.translate(swap) for line in lines[1::4]]
        mates.append(b"\n".join(lines))

    code, log = align(entry, s3, staged, out, "bwa", mates)

    assert code == 0, log
    record = json.loads(fetched(s3, out, "provenance/align.json", tmp_path).read_text())
    assert [each["code"] for each in record["warnings"]] == ["fewReadsAligned"]
    assert "WARNING fewReadsAligned: " in log


def test_bwa_given_the_same_reads_twice_warns_of_pairs(
    entry: Entry, s3: Any, staged: str, sample: Sample, out: str, tmp_path: Path
) -> None:
    text = fastq_records(sample.first, 0, FEW)

    code, log = align(entry, s3, staged, out, "bwa", [text, text])

    assert code == 0, log
    record = json.loads(fetched(s3, out, "provenance/align.json", tmp_path).read_text())
    assert [each["code"] for each in record["warnings"]] == ["fewProperPairs"]


def test_bwa_with_an_index_of_another_fasta_is_refused(
    entry: Entry, s3: Any, staged: str, sample: Sample, out: str
) -> None:
    root = out.removeprefix(f"s3://{BUCKET}/")
    source = staged.removeprefix(f"s3://{BUCKET}/")
    names = [path.name for path in sample.folder.iterdir() if path.name.startswith("genome.fa")]
    for name in names:
        s3.copy_object(
            Bucket=BUCKET, Key=f"{root}-in/{name}", CopySource=f"{BUCKET}/{source}/{name}"
        )
    contigs = f"{root}-in/genome.fa.ann"  # of bwa's index
    body = s3.get_object(Bucket=BUCKET, Key=contigs)["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=contigs, Body=body.replace(b" 90000 ", b" 90001 ", 1))
    given = [
        word.replace(f"{staged}/genome", f"s3://{BUCKET}/{root}-in/genome")
        for word in arguments.bwa(staged, out, reads="few")
    ]

    ended = entry.run("bwa", *given)

    assert ended.code == 65, ended.log
    assert "chr1 has 90001 bases in the BAM, 90000 in the reference" in ended.log
    assert "the aligner's index belongs to another FASTA" in ended.log.splitlines()[-1]
