"""Reads that are aligned in parts: the result is that of one alignment, to the byte."""

import gzip
import json
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers.conftest import BUCKET, Ended, Entry

PARTS = 3
PAIRS = 24_000
LANES = 2
READ, INSERT, SPREAD = 100, 320, 35
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
# a batch of bwa is then 500 pairs, and of three parts, each has many
SMALL_BATCHES = "--cmd_args=-K 100000"


@dataclass(frozen=True)
class Repetitive:
    """A sample of a genome with exact repeats, and with duplicates: URIs of its files."""

    fasta: str
    lanes: tuple[tuple[str, str], ...]


def make_genome(rng: random.Random) -> str:
    """A third of it is one repeat of which all copies are the same."""
    copy = "".join(rng.choices("ACGT", k=6_000))
    parts = ["".join(rng.choices("ACGT", k=12_000)) + copy for _ in range(5)]
    return "".join(parts)


def make_lane(rng: random.Random, genome: str, lane: int) -> tuple[str, str]:
    first, second, fragment = [], [], ""
    for number in range(PAIRS):
        if not fragment or rng.random() > 0.05:  # else a duplicate
            size = max(READ, round(rng.gauss(INSERT, SPREAD)))
            start = rng.randint(0, len(genome) - size)
            fragment = genome[start : start + size]
            if rng.random() < 0.5:
                fragment = fragment[::-1].translate(_COMPLEMENT)
        name = f"@SIM:1:HTEST:{lane}:1101:{number}:{number}"
        # reads of any length: batches differ in their number of pairs
        lengths = (rng.randint(60, READ), rng.randint(60, READ))
        mates = (fragment, fragment[::-1].translate(_COMPLEMENT))
        for texts, mate, length in zip((first, second), mates, lengths, strict=True):
            texts.append(f"{name}\n{mate[:length]}\n+\n{'I' * length}\n")
    return "".join(first), "".join(second)


@pytest.fixture(scope="module")
def repetitive(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> Repetitive:
    rng = random.Random(20170530)
    folder = tmp_path_factory.mktemp("repetitive")
    fasta = folder / "genome.fa"
    genome = make_genome(rng)
    fasta.write_text(f">chr1\n{genome}\n")
    for command in (
        ["samtools", "faidx", "genome.fa"],
        ["bwa", "index", "genome.fa"],
        ["minimap2", "-x", "sr", "-d", "genome.fa.mmi", "genome.fa"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    for path in folder.iterdir():
        s3.upload_file(str(path), BUCKET, f"repetitive/{path.name}")
    lanes = []
    for lane in range(1, LANES + 1):
        names = []
        for side, text in enumerate(make_lane(rng, genome, lane), start=1):
            # the second lane ends without a newline
            body = text.encode().removesuffix(b"\n" if lane == LANES else b"")
            name = f"repetitive/L{lane}_{side}.fastq.gz"
            s3.put_object(Bucket=BUCKET, Key=name, Body=gzip.compress(body))
            names.append(f"s3://{BUCKET}/{name}")
        lanes.append((names[0], names[1]))
    return Repetitive(f"s3://{BUCKET}/repetitive/genome.fa", tuple(lanes))


class Aligning:
    """Runs the jobs of one alignment, whole or in parts."""

    def __init__(self, entry: Entry, s3: Any, given: Repetitive, tool: str, out: str) -> None:
        self.entry, self.s3, self.given, self.tool = entry, s3, given, tool
        self.root = f"parts-out/{out}"

    def run(self, step: str, *more: str, lanes: Sequence[tuple[str, str]]) -> Ended:
        ended = self.entry.run(
            self.tool,
            "--sample_id=S1",
            f"--provenance_s3_path=s3://{BUCKET}/{self.root}/provenance/{step}.json",
            f"--bam_s3_folder_path=s3://{BUCKET}/{self.root}/bam/",
            *(("--fastq1_s3_path", *(first for first, _ in lanes)) if lanes else ()),
            *(("--fastq2_s3_path", *(second for _, second in lanes)) if lanes else ()),
            f"--reference_s3_path={self.given.fasta}",
            *more,
        )
        assert self.entry.is_scratch_clean()
        return ended

    def in_parts(self, count: int, *more: str, lanes: Sequence[tuple[str, str]]) -> list[Ended]:
        ran = [
            self.run(f"alignPart{number}", f"--part={number}/{count}", *more, lanes=lanes)
            for number in range(1, count + 1)
        ]
        return [*ran, self.run("align", f"--parts={count}", lanes=())]

    def bam(self, folder: Path) -> Path:
        path = folder / f"{self.root.replace('/', '-')}.bam"
        self.s3.download_file(BUCKET, f"{self.root}/bam/sorted.bam", str(path))
        return path

    def provenance(self, step: str) -> Any:
        found = self.s3.get_object(Bucket=BUCKET, Key=f"{self.root}/provenance/{step}.json")
        return json.load(found["Body"])


def records(path: Path) -> list[str]:
    return pysam.view(str(path)).splitlines()


def header(path: Path) -> list[str]:
    return pysam.view("-H", "--no-PG", str(path)).splitlines()


@pytest.mark.parametrize(
    ("lanes", "tool"),
    [
        pytest.param(2, "bwa", marks=pytest.mark.long),
        (1, "minimap2"),
        pytest.param(1, "bwa", marks=pytest.mark.long),
        pytest.param(2, "minimap2", marks=pytest.mark.long),
    ],
)
def test_alignment_in_parts_is_that_of_all_reads_at_once(
    entry: Entry, s3: Any, repetitive: Repetitive, tmp_path: Path, tool: str, lanes: int
) -> None:
    given = repetitive.lanes[:lanes]
    more = [SMALL_BATCHES] if tool == "bwa" else []
    whole = Aligning(entry, s3, repetitive, tool, f"{tool}-{lanes}-whole")
    parts = Aligning(entry, s3, repetitive, tool, f"{tool}-{lanes}-parts")

    ended = whole.run("align", *more, lanes=given)
    assert ended.code == 0, ended.log
    for each in parts.in_parts(PARTS, *more, lanes=given):
        assert each.code == 0, each.log

    pairs = [
        parts.provenance(f"alignPart{number + 1}")["facts"]["pairs"] for number in range(PARTS)
    ]
    assert sum(pairs) == lanes * PAIRS
    assert min(pairs) > lanes * PAIRS / PARTS / 4
    one, other = whole.bam(tmp_path), parts.bam(tmp_path)
    rows = records(one)
    ties = [row for row in rows if row.split("\t")[4] == "0"]
    assert len(ties) > len(rows) / 10
    assert any(int(row.split("\t")[1]) & 0x400 for row in rows)
    assert header(other) == header(one)
    assert records(other) == rows
    assert parts.provenance("align")["facts"] == whole.provenance("align")["facts"]
