"""Reads that are trimmed before they are aligned: adapters, UMIs, duplicates, damage."""

import gzip
import json
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, Entry
from tests.integration.containers.simulated import Sample

READ, UMI = 100, 6
ADAPTERS = ("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT")  # TruSeq
TRIM_UMIS = f"--fastp_args=--umi --umi_loc read1 --umi_len {UMI}"
PAIRS, UNUSABLE = 3000, 40
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Fragment:
    """A fragment of chr1 and its UMI; reads that are longer go on with the adapter."""

    name: str
    start: int
    bases: str
    umi: str

    def reads(self) -> tuple[str, str]:
        other = self.bases.translate(_COMPLEMENT)[::-1]
        rest = "GTCA" * 40
        first = f"{self.umi}{self.bases}{ADAPTERS[0]}{rest}"
        return first[:READ], f"{other}{ADAPTERS[1]}{rest}"[:READ]

    @property
    def lengths(self) -> tuple[int, int]:
        """Of its reads without UMI and adapter."""
        return min(READ - UMI, len(self.bases)), min(READ, len(self.bases))


def make_library(fasta: Path) -> list[Fragment]:
    """Fragments of 60 to 300 bases, each tenth three times, of which two have the same UMI."""
    rng = random.Random(51)
    genome = pysam.FastaFile(str(fasta)).fetch("chr1")
    made: list[Fragment] = []
    while len(made) < PAIRS:
        size = rng.randint(60, 300)
        start = rng.randrange(len(genome) - size)
        umis = rng.sample(["".join(rng.choices("ACGT", k=UMI)) for _ in range(20)], 2)
        is_copied = len(made) % 10 == 0
        for umi in [umis[0], *umis] if is_copied else umis[:1]:
            name = f"SIM:1:FC:1:1101:{len(made)}:1"
            made.append(Fragment(name, start, genome[start : start + size], umi))
    return made[:PAIRS]


def fastq(reads: Sequence[tuple[str, str]]) -> str:
    return "".join(f"@{header}\n{bases}\n+\n{'F' * len(bases)}\n" for header, bases in reads)


@pytest.fixture(scope="session")
def library(s3: Any, staged: str, sample: Sample) -> list[Fragment]:
    """Its reads in S3, `library_1` and `library_2`; at the end some that are mostly N."""
    made = make_library(sample.fasta)
    for side in (0, 1):
        reads = [(f"{each.name} {side + 1}:N:0:ACGT", each.reads()[side]) for each in made]
        reads += [(f"N:{number} {side + 1}:N:0:ACGT", "ACGTN" * 20) for number in range(UNUSABLE)]
        put(s3, f"library_{side + 1}", fastq(reads))
    index = ["minimap2", "-x", "sr", "-d", f"{sample.fasta}.mmi", str(sample.fasta)]
    subprocess.run(index, check=True, capture_output=True)
    s3.upload_file(f"{sample.fasta}.mmi", BUCKET, "in/genome.fa.mmi")
    return made


def put(s3: Any, name: str, text: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"in/{name}.fastq.gz", Body=gzip.compress(text.encode()))


@dataclass
class Aligned:
    """What a job has written."""

    out: str
    bam: Path
    provenance: dict[str, Any]
    report: dict[str, Any] | None

    def records(self) -> list[pysam.AlignedSegment]:
        with pysam.AlignmentFile(str(self.bam), check_sq=False) as file:
            return [each for each in file if not each.is_secondary and not each.is_supplementary]


@pytest.fixture
def align(entry: Entry, s3: Any, staged: str, library: list[Fragment], tmp_path: Path) -> Any:
    """Aligns reads; returns what was written, below results of their own."""
    number = 0

    def run(tool: str, *extra: str, reads: str = "library") -> Aligned:
        nonlocal number
        number += 1
        root = f"trimmed/{tmp_path.name}/{number}"
        ended = entry.run(
            tool, *arguments.bwa(staged, f"s3://{BUCKET}/{root}", *extra, reads=reads)
        )
        assert ended.code == 0, ended.log
        assert entry.is_scratch_clean()
        bam = tmp_path / f"{number}.bam"
        s3.download_file(BUCKET, f"{root}/bam/sorted.bam", str(bam))
        provenance = s3.get_object(Bucket=BUCKET, Key=f"{root}/provenance/align.json")
        keys = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{root}/qc/").get("Contents", [])
        report = s3.get_object(Bucket=BUCKET, Key=keys[0]["Key"])["Body"].read() if keys else b""
        return Aligned(
            f"s3://{BUCKET}/{root}",
            bam,
            json.load(provenance["Body"]),
            json.loads(report) if report else None,
        )

    return run


type Align = Callable[..., Aligned]


@pytest.mark.parametrize("tool", ["bwa", "minimap2"])
def test_trimmed_reads_have_no_adapters_and_their_umis_in_tags(
    align: Align, library: list[Fragment], tool: str
) -> None:
    fragments = {each.name: each for each in library}

    trimmed = align(tool, TRIM_UMIS)

    records = trimmed.records()
    assert len(records) == 2 * PAIRS
    for record in records:
        fragment = fragments[str(record.query_name)]
        assert record.get_tag("RX") == fragment.umi
        assert record.get_tag("RG") == "FC.1"
        # without the UMI, read 1 may end before the fragment; fastp keeps what both mates have
        assert min(fragment.lengths) <= record.query_length <= fragment.lengths[record.is_read2]
        assert record.reference_start in range(fragment.start - 1, fragment.start + 300)
    clipped = [sum(n for kind, n in each.cigartuples or () if kind == 4) for each in records]
    assert sum(clipped) < 0.001 * sum(each.query_length for each in records)


def test_reads_as_they_are_keep_adapters_as_soft_clips(align: Align) -> None:
    plain = align("bwa")

    records = [each for each in plain.records() if not str(each.query_name).startswith("N:")]
    clipped = sum(n for each in records for kind, n in each.cigartuples or () if kind == 4)
    assert clipped > 0.04 * sum(each.query_length for each in records)
    assert not any(each.has_tag("RX") for each in records)
    assert plain.report is None
    assert list(plain.provenance["versions"]) == ["bwa", "samtools"]
    assert "trimming" not in plain.provenance["facts"]


def test_fragments_of_one_place_with_other_umis_are_no_duplicates(
    align: Align, library: list[Fragment]
) -> None:
    counts = Counter((each.start, each.bases) for each in library)
    copies = [each for each in library if counts[each.start, each.bases] > 1]
    molecules = {(each.start, len(each.bases), each.umi) for each in copies}
    assert len(copies) > 2 * len({each.start for each in copies})

    marked = align("bwa", TRIM_UMIS)
    whole = align("bwa", "--fastp_args=--trim_front1 6")

    duplicates = [each for each in marked.records() if each.is_duplicate]
    assert len(duplicates) == 2 * (len(copies) - len(molecules))
    kept = {str(each.query_name) for each in marked.records() if not each.is_duplicate}
    by_name = {each.name: each for each in copies}
    assert {
        (each.start, len(each.bases), each.umi) for name, each in by_name.items() if name in kept
    } == molecules
    # without their UMIs, all but one of a place are
    places = {(each.start, len(each.bases)) for each in copies}
    again = [each for each in whole.records() if each.is_duplicate]
    assert len(again) == 2 * (len(copies) - len(places))


def test_trimmed_alignment_is_the_same_each_time_and_says_what_went(align: Align) -> None:
    one, other = align("bwa", TRIM_UMIS), align("bwa", TRIM_UMIS)

    assert one.bam.read_bytes() == other.bam.read_bytes()
    assert one.report == other.report
    facts = one.provenance["facts"]
    assert facts["pairs"] == PAIRS
    assert facts["trimming"]["readsGiven"] == 2 * (PAIRS + UNUSABLE)
    assert facts["trimming"]["readsLeft"] == facts["reads"] == 2 * PAIRS
    assert facts["trimming"]["readsRemoved"]["too_many_N_reads"] == 2 * UNUSABLE
    assert facts["trimming"]["basesLeft"] < facts["trimming"]["basesGiven"]
    assert one.provenance["versions"]["fastp"].startswith("0.2")
    assert one.report
    assert one.report["summary"]["after_filtering"]["total_reads"] == 2 * PAIRS
    assert not one.provenance["warnings"]


def broken(text: str, record: int, line: int, new: str) -> str:
    lines = text.split("\n")
    lines[4 * record + line] = new
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("side", "record", "line", "new", "said"),
    [
        (1, 2500, 1, "ACGT", "4 bases, and 100 qualities"),
        (2, 2500, 3, "FFFF", "100 bases, and 4 qualities"),
        (2, 2500, 2, "x", "its third line does not begin with +"),
        (1, 2500, 0, "x", "its first line does not begin with @"),
        (2, PAIRS - 1, 3, "FFFF", "100 bases, and 4 qualities"),
    ],
)
def test_malformed_record_is_refused_and_named(
    entry: Entry,
    s3: Any,
    staged: str,
    library: list[Fragment],
    side: int,
    record: int,
    line: int,
    new: str,
    said: str,
) -> None:
    for each in (1, 2):
        text = text_of(library, each).removesuffix("\n")
        put(s3, f"malformed_{each}", broken(text, record, line, new) if each == side else text)

    ended = refused(entry, staged, "malformed")

    assert f"malformed_{side}.fastq.gz is not FASTQ: a record is malformed" in ended
    assert f"record {record + 1:,}" in ended
    assert said in ended


@pytest.mark.parametrize(
    ("fewer", "side"),
    [
        (1, 2),
        *(pytest.param(*each, marks=pytest.mark.long) for each in [(1, 1), (1500, 1), (1500, 2)]),
    ],
)
def test_files_with_different_numbers_of_reads_are_refused(
    entry: Entry, s3: Any, staged: str, library: list[Fragment], side: int, fewer: int
) -> None:
    # so many that fastp 0.23 waits forever
    for each in (1, 2):
        text = text_of(library, each) * 40
        left = text if each != side else "".join(text.splitlines(keepends=True)[: -4 * fewer])
        put(s3, f"uneven_{each}", left)

    ended = refused(entry, staged, "uneven")

    assert "uneven_1.fastq.gz and uneven_2.fastq.gz are not a pair" in ended


def test_damaged_gzip_is_refused(
    entry: Entry, s3: Any, staged: str, library: list[Fragment]
) -> None:
    for each in (1, 2):
        packed = gzip.compress(text_of(library, each).encode() * 40)
        body = packed[: len(packed) // 2] if each == 2 else packed
        s3.put_object(Bucket=BUCKET, Key=f"in/cut_{each}.fastq.gz", Body=body)

    ended = refused(entry, staged, "cut")

    assert "cut_2.fastq.gz is not a complete gzip file" in ended


def test_reads_without_umi_where_it_should_be_are_refused(
    entry: Entry, s3: Any, staged: str, library: list[Fragment]
) -> None:
    for each in (1, 2):
        put(s3, f"bare_{each}", text_of(library, each).replace(f" {each}:N:0:ACGT", ""))

    ended = refused(entry, staged, "bare", "--fastp_args=--umi --umi_loc index1")

    assert "bare_1.fastq.gz: a read has no UMI where fastp.cmdArgs says that UMIs are" in ended


def test_reads_of_which_none_is_left_are_refused(
    entry: Entry, s3: Any, staged: str, library: list[Fragment]
) -> None:
    ended = refused(entry, staged, "library", "--fastp_args=--length_required 101")

    assert f"no read of {2 * (PAIRS + UNUSABLE):,} is left after trimming" in ended


@pytest.mark.parametrize(
    "extra",
    [
        ["--fastp_args=-o /etc/x"],
        ["--fastp_args=--umi"],
        ["--fastp_args=", "--part=1/2"],
        ["--fastp_args=", "--parts=2"],
    ],
)
def test_trimming_that_is_not_possible_is_a_usage_error(
    entry: Entry, staged: str, extra: list[str]
) -> None:
    out = f"s3://{BUCKET}/no-trimming"

    ended = entry.run("bwa", *arguments.bwa(staged, out, *extra, reads="few"))

    assert ended.code == 64, ended.log


def text_of(library: Sequence[Fragment], side: int) -> str:
    return fastq([(f"{each.name} {side}:N:0:ACGT", each.reads()[side - 1]) for each in library])


def refused(entry: Entry, staged: str, reads: str, trim: str = "--fastp_args=") -> str:
    """The log of a job that refuses its input."""
    out = f"s3://{BUCKET}/refused-trimming"
    ended = entry.run("bwa", *arguments.bwa(staged, out, trim, reads=reads), timeout=300)
    assert ended.code == 65, ended.log
    assert entry.is_scratch_clean()
    return ended.log


def test_umis_of_two_indexes_are_joined_by_a_hyphen(
    align: Align, s3: Any, library: list[Fragment]
) -> None:
    for each in (1, 2):
        text = text_of(library[:500], each).replace(":N:0:ACGT", ":N:0:ACGTAA+TTGG")
        # marks that aligners know, and that a UMI would be appended to
        put(s3, f"indexed_{each}", text.replace(f":1 {each}:N", f":1/{each} {each}:N"))

    records = align("bwa", "--fastp_args=--umi --umi_loc per_index", reads="indexed").records()

    assert {each.get_tag("RX") for each in records} == {"ACGTAA-TTGG"}
    assert all(each.is_proper_pair for each in records)
    assert not any("/" in str(each.query_name) for each in records)


def test_lanes_are_trimmed_each_and_reported_as_one_sample(
    align: Align, entry: Entry, s3: Any, staged: str, library: list[Fragment]
) -> None:
    for lane, part in ((1, library[:1000]), (2, library[1000:])):
        for side in (1, 2):
            text = text_of(part, side).replace(":FC:1:", f":FC:{lane}:")
            put(s3, f"lane{lane}_{side}", text)
    fastq1, fastq2 = (
        [f"--fastq{side}_s3_path", *(f"{staged}/lane{n}_{side}.fastq.gz" for n in (1, 2))]
        for side in (1, 2)
    )

    lanes = align("bwa", TRIM_UMIS, *fastq1, *fastq2)
    whole = align("bwa", TRIM_UMIS)

    records = lanes.records()
    assert Counter(each.get_tag("RG") for each in records) == {"FC.1": 2000, "FC.2": 4000}
    assert lanes.report
    assert whole.report
    after = lanes.report["summary"]["after_filtering"]
    for name, value in whole.report["summary"]["after_filtering"].items():
        assert after[name] == pytest.approx(value, rel=1e-5), name
    assert lanes.report["adapter_cutting"]["read1_adapter_counts"]
    sizes, of_whole = (
        sum(each.report["insert_size"]["histogram"]) for each in (lanes, whole) if each.report
    )
    assert sizes == of_whole - UNUSABLE  # their mates overlap, too
    totals = [each["summary"]["before_filtering"]["total_reads"] for each in lanes.report["lanes"]]
    assert totals == [2000, 4000]


@pytest.mark.long
@pytest.mark.parametrize("lanes", [1, 2])
def test_multiqc_shows_what_was_trimmed_under_the_samples_name(
    align: Align, entry: Entry, s3: Any, staged: str, library: list[Fragment], lanes: int
) -> None:
    for lane in range(1, lanes + 1):
        part = library[:800] if lane == 1 else library[800:2000]
        for side in (1, 2):
            text = text_of(part, side).replace(":FC:1:", f":FC:{lane}:")
            put(s3, f"shown{lane}_{side}", text)
    fastq = [
        word
        for side in (1, 2)
        for word in (
            f"--fastq{side}_s3_path",
            *(f"{staged}/shown{lane}_{side}.fastq.gz" for lane in range(1, lanes + 1)),
        )
    ]
    out = align("bwa", TRIM_UMIS, *fastq).out
    for tool, given in (
        ("bcftools", arguments.caller(staged, out)),
        ("samtools_stats", arguments.samtools_stats(staged, out)),
        ("snpeff", arguments.snpeff(out, *arguments.annotation(staged))),
        ("multiqc", arguments.multiqc(out, f"--trim_report_s3_path={out}/qc/fastp.json")),
    ):
        ended = entry.run(tool, *given)
        assert ended.code == 0, ended.log  # MultiQC's job fails if its table has other names

    root = out.removeprefix(f"s3://{BUCKET}/")
    data = json.load(s3.get_object(Bucket=BUCKET, Key=f"{root}/qc/multiqc_data.json")["Body"])
    (row,) = data["report_saved_raw_data"]["multiqc_fastp"].items()
    assert row[0] == "S1"
    assert row[1]["summary"]["before_filtering"]["total_reads"] == (1600 if lanes == 1 else 4000)
    assert row[1]["adapter_cutting"]["adapter_trimmed_reads"] > 100
    measured = json.load(s3.get_object(Bucket=BUCKET, Key=f"{root}/qc/metrics.json")["Body"])
    summary, rates = row[1]["summary"], measured["metrics"]
    after = summary["after_filtering"]
    assert rates["readsAfterTrimming"]["value"] == after["total_reads"]
    assert rates["q30Rate"]["value"] == pytest.approx(after["q30_rate"], abs=1e-5)
    removed = summary["before_filtering"]["total_bases"] - after["total_bases"]
    assert rates["trimmedBaseRate"]["value"] * summary["before_filtering"]["total_bases"] == (
        pytest.approx(removed, abs=1)
    )
    assert 0 < rates["adapterRate"]["value"] < 1
