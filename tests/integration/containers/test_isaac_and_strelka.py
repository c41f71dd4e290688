"""The wrappers of Isaac and Strelka against programs that enforce those tools' rules."""

import gzip
import itertools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import BUCKET, STAND_INS, Entry, copy_alignment
from tests.integration.containers.simulated import Sample

PAIRS = 1500


@pytest.fixture
def entry(entry: Entry) -> Entry:
    entry.path_front = (STAND_INS,)
    return entry


@pytest.fixture(scope="module")
def isaac_reference(s3: Any, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A reference folder made elsewhere: its XML holds a path that no job has."""
    folder = tmp_path_factory.mktemp("isaac")
    program = str(STAND_INS / "isaac-sort-reference")
    subprocess.run([program, "-q", "-g", sample.fasta, "-o", folder], check=True)
    s3.upload_file(str(folder / "sorted-reference.xml"), BUCKET, "isaac/sorted-reference.xml")
    s3.upload_file(str(sample.fasta), BUCKET, "isaac/genome.fa")
    return f"s3://{BUCKET}/isaac/"


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/stand-ins/{request.node.name.partition('[')[0]}"


def records(path: Path, start: int, end: int) -> list[str]:
    with gzip.open(path, "rt") as lines:
        return list(itertools.islice(lines, 4 * start, 4 * end))


def upload(s3: Any, name: str, lines: list[str]) -> str:
    body = gzip.compress("".join(lines).encode(), 1)
    s3.put_object(Bucket=BUCKET, Key=f"stand-ins/in/{name}", Body=body)
    return f"s3://{BUCKET}/stand-ins/in/{name}"


def isaac(reference: str, out: str, first: list[str], second: list[str], *extra: str) -> list[str]:
    return [
        *arguments.common(out, "align"),
        f"--bam_s3_folder_path={out}/bam/",
        *("--fastq1_s3_path", *first, "--fastq2_s3_path", *second),
        f"--reference_s3_path={reference}",
        *extra,
    ]


def download(s3: Any, uri: str, path: Path) -> Path:
    s3.download_file(BUCKET, uri.removeprefix(f"s3://{BUCKET}/"), str(path))
    return path


def trim(lines: list[str], record: int, length: int) -> list[str]:
    """Cut one record to `length` bases."""
    made = list(lines)
    for index in (4 * record + 1, 4 * record + 3):
        made[index] = made[index].rstrip()[:length] + "\n"
    return made


def test_isaac_two_lanes_gives_whole_reads_of_one_sample(
    entry: Entry,
    s3: Any,
    sample: Sample,
    isaac_reference: str,
    out: str,
    tmp_path: Path,
    keys: Callable[[str], set[str]],
) -> None:
    first = [
        upload(s3, "x_1.fastq.gz", records(sample.first, 0, PAIRS)),
        upload(s3, "y_1.fastq.gz", records(sample.first, PAIRS, 2 * PAIRS)),
    ]
    second = [
        upload(s3, "x_2.fastq.gz", records(sample.second, 0, PAIRS)),
        upload(s3, "y_2.fastq.gz", records(sample.second, PAIRS, 2 * PAIRS)),
    ]
    ended = entry.run("isaac", *isaac(isaac_reference, out, first, second, "--memory", "3"))
    assert ended.code == 0, ended.log
    assert entry.is_scratch_clean()
    assert keys(f"{out.removeprefix(f's3://{BUCKET}/')}/") == {
        *("bam/sorted.bam", "bam/sorted.bam.bai", "bam/sorted.bam.md5", "provenance/align.json"),
    }
    with pysam.AlignmentFile(str(download(s3, f"{out}/bam/sorted.bam", tmp_path / "b"))) as bam:
        assert {group["SM"] for group in bam.header["RG"]} == {"S1"}
        reads = [read for read in bam if not read.is_secondary and not read.is_supplementary]
    assert len(reads) == 4 * PAIRS
    assert {read.query_length for read in reads} == {100}  # the last cycle is there
    assert len({read.query_name for read in reads}) == 2 * PAIRS
    assert all(str(read.query_name).startswith("SIM:1:HTEST:1:") for read in reads)
    record = json.loads(download(s3, f"{out}/provenance/align.json", tmp_path / "p").read_text())
    assert record["versions"]["isaac"] == "04.18.11.09"
    assert record["tool"] == "isaac"


def test_isaac_later_reads_shorter_are_padded_not_fatal(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    first = upload(s3, "later_1.fastq.gz", trim(records(sample.first, 0, PAIRS), 7, 80))
    second = upload(s3, "later_2.fastq.gz", records(sample.second, 0, PAIRS))
    given = isaac(isaac_reference, out, [first], [second], "--memory", "3")
    ended = entry.run("isaac", *given)
    assert ended.code == 0, ended.log
    assert "--variable-read-length 1" in ended.log


def test_isaac_first_read_shorter_is_refused_before_it_cuts_the_others(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    first = upload(s3, "first_1.fastq.gz", trim(records(sample.first, 0, PAIRS), 0, 80))
    second = upload(s3, "first_2.fastq.gz", records(sample.second, 0, PAIRS))
    ended = entry.run("isaac", *isaac(isaac_reference, out, [first], [second], "--memory", "3"))
    assert ended.code == 65, ended.log
    assert "the first read has 80 bases, later ones up to 100" in ended.log
    assert entry.is_scratch_clean()


def test_isaac_files_of_different_lengths_are_refused(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    first = upload(s3, "more_1.fastq.gz", records(sample.first, 0, PAIRS))
    second = upload(s3, "less_2.fastq.gz", records(sample.second, 0, PAIRS - 1))
    ended = entry.run("isaac", *isaac(isaac_reference, out, [first], [second], "--memory", "3"))
    assert ended.code == 65, ended.log
    assert "more_1.fastq.gz has 1500 reads, less_2.fastq.gz 1499" in ended.log


def test_isaac_aborting_ends_with_134_and_uploads_nothing(
    entry: Entry,
    s3: Any,
    sample: Sample,
    isaac_reference: str,
    out: str,
    tmp_path: Path,
    keys: Callable[[str], set[str]],
) -> None:
    folder = tmp_path / "aborting"
    folder.mkdir()
    script = folder / "isaac-align"
    script.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exec echo iSAAC-04.18.11.09\n'
        "mkdir -p Aligned/Stats; echo statistics >Aligned/Stats/AlignmentStats.xml\n"
        "echo mutex lock failed >&2; kill -ABRT $$\n"
    )
    script.chmod(0o755)
    entry.path_front = (folder, STAND_INS)
    first = upload(s3, "ok_1.fastq.gz", records(sample.first, 0, 10))
    second = upload(s3, "ok_2.fastq.gz", records(sample.second, 0, 10))
    ended = entry.run("isaac", *isaac(isaac_reference, out, [first], [second], "--memory", "3"))
    assert ended.code == 134, ended.log
    assert "mutex lock failed" in ended.log
    assert keys(out.removeprefix(f"s3://{BUCKET}/")) == set()


def test_isaac_that_never_ends_is_stopped_with_124(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str, tmp_path: Path
) -> None:
    folder = tmp_path / "endless"
    folder.mkdir()
    script = folder / "isaac-align"
    script.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && exec echo iSAAC-04.18.11.09\n'
        "while :; do echo Skipping flowcell FC lane 2; sleep 0.2; done\n"
    )
    script.chmod(0o755)
    entry.path_front = (folder, STAND_INS)
    first = upload(s3, "ok_1.fastq.gz", records(sample.first, 0, 10))
    second = upload(s3, "ok_2.fastq.gz", records(sample.second, 0, 10))
    given = isaac(isaac_reference, out, [first], [second], "--memory", "3")
    ended = entry.run("isaac", *given, "--timeout_minutes", "0.05")
    assert ended.code == 124, ended.log
    assert "isaac-align ran longer than 3 s and was stopped" in ended.log
    assert entry.is_scratch_clean()


def test_isaac_reference_of_a_gzipped_fasta_is_refused(
    entry: Entry, s3: Any, sample: Sample, out: str, tmp_path: Path
) -> None:
    packed = tmp_path / "genome.fa.gz"
    packed.write_bytes(gzip.compress(sample.fasta.read_bytes()))
    program = str(STAND_INS / "isaac-sort-reference")
    subprocess.run([program, "-q", "-g", packed, "-o", tmp_path], check=True)
    s3.upload_file(str(tmp_path / "sorted-reference.xml"), BUCKET, "isaac-gz/sorted-reference.xml")
    first = upload(s3, "ok_1.fastq.gz", records(sample.first, 0, 10))
    second = upload(s3, "ok_2.fastq.gz", records(sample.second, 0, 10))
    ended = entry.run("isaac", *isaac(f"s3://{BUCKET}/isaac-gz/", out, [first], [second]))
    assert ended.code == 65, ended.log
    assert "sorted-reference.xml lists 0 contigs" in ended.log


def test_isaac_takes_a_fasta_for_a_reference(
    entry: Entry, s3: Any, sample: Sample, staged: str, out: str
) -> None:
    first = upload(s3, "ok_1.fastq.gz", records(sample.first, 0, 10))
    second = upload(s3, "ok_2.fastq.gz", records(sample.second, 0, 10))
    given = isaac(f"{staged}/genome.fa", out, [first], [second], "--memory", "3")
    ended = entry.run("isaac", *given)
    assert ended.code == 0, ended.log
    assert "isaac-align -r reference/genome.fa" in ended.log


def test_isaac_threads_that_do_not_fit_the_memory_are_a_usage_error(
    entry: Entry, s3: Any, sample: Sample, isaac_reference: str, out: str
) -> None:
    sides = [
        upload(s3, f"long_{side}.fastq.gz", _widen(records(path, 0, 10), 80))
        for side, path in ((1, sample.first), (2, sample.second))
    ]
    given = isaac(isaac_reference, out, [sides[0]], [sides[1]], "--memory", "2")
    ended = entry.run("isaac", *given)
    assert ended.code == 64, ended.log
    assert "isaac-align needs about" in ended.log


def _widen(lines: list[str], times: int) -> list[str]:
    """Reads so long that their buffers alone fill the memory."""
    return [
        line if index % 2 == 0 else line.rstrip("\n") * times + "\n"
        for index, line in enumerate(lines)
    ]


@pytest.fixture
def with_bam(s3: Any, aligned: str, out: str) -> str:
    """`out`, holding the sample's alignment."""
    copy_alignment(s3, aligned, out)
    return out


@pytest.mark.parametrize("cmd_args", [" --exome ", ""])
def test_strelka_gives_the_same_keys_as_bcftools_with_links_resolved(
    entry: Entry,
    s3: Any,
    sample: Sample,
    staged: str,
    with_bam: str,
    out: str,
    tmp_path: Path,
    keys: Callable[[str], set[str]],
    cmd_args: str,
) -> None:
    given = arguments.caller(staged, out, "--memory", "1", f"--cmd_args={cmd_args}")
    ended = entry.run("strelka", *given)
    assert ended.code == 0, ended.log
    assert entry.is_scratch_clean()
    assert keys(f"{out.removeprefix(f's3://{BUCKET}/')}/") == {
        *("vcf/variants/variants.vcf.gz", "vcf/variants/variants.vcf.gz.tbi"),
        *("vcf/variants/genome.vcf.gz", "vcf/variants/genome.vcf.gz.tbi"),
        *("bam/sorted.bam", "bam/sorted.bam.bai", "bam/sorted.bam.md5"),
        *("provenance/align.json", "provenance/callVariants.json"),
    }
    folder = f"{out}/vcf/variants"
    gvcf = download(s3, f"{folder}/genome.vcf.gz", tmp_path / "genome.vcf.gz")
    download(s3, f"{folder}/genome.vcf.gz.tbi", tmp_path / "genome.vcf.gz.tbi")
    with pysam.VariantFile(str(gvcf)) as vcf:
        assert list(vcf.header.samples) == ["S1"]
        assert sum(1 for _ in vcf.fetch("chr2")) > 0
    variants = download(s3, f"{folder}/variants.vcf.gz", tmp_path / "variants.vcf.gz")
    with pysam.VariantFile(str(variants)) as vcf:
        called = {(row.chrom, row.pos, row.ref, row.alts[0]) for row in vcf}
    truth = {variant.key for variant in sample.variants}
    assert len(truth & called) / len(truth) > 0.95
    record = json.loads(
        download(s3, f"{out}/provenance/callVariants.json", tmp_path / "p").read_text()
    )
    assert record["versions"]["strelka"] == "2.9.10"
    (run,) = [row["argv"] for row in record["commands"] if row["argv"][0] == "python2"]
    assert run[run.index("-g") + 1] == "2"  # with 1 no task could be scheduled


def test_strelka_bam_of_another_sample_is_renamed_before_calling(
    entry: Entry, s3: Any, staged: str, with_bam: str, out: str, tmp_path: Path
) -> None:
    given = arguments.caller(staged, out)
    renamed = [word.replace("--sample_id=S1", "--sample_id=NA12878") for word in given]
    ended = entry.run("strelka", *renamed)
    assert ended.code == 0, ended.log
    path = download(s3, f"{out}/vcf/variants/variants.vcf.gz", tmp_path / "v.vcf.gz")
    with pysam.VariantFile(str(path)) as vcf:
        assert list(vcf.header.samples) == ["NA12878"]


def test_strelka_reference_with_a_contig_more_is_refused_and_named(
    entry: Entry, s3: Any, sample: Sample, staged: str, with_bam: str, out: str
) -> None:
    fasta = sample.fasta.read_text() + ">chr3\nACGTACGT\n"
    fai = sample.fasta.with_name("genome.fa.fai").read_text()
    fai += f"chr3\t8\t{len(fasta) - 9}\t8\t9\n"
    s3.put_object(Bucket=BUCKET, Key="stand-ins/more/genome.fa", Body=fasta.encode())
    s3.put_object(Bucket=BUCKET, Key="stand-ins/more/genome.fa.fai", Body=fai.encode())
    given = arguments.caller(staged, out)
    moved = [
        word.replace(f"{staged}/genome", f"s3://{BUCKET}/stand-ins/more/genome") for word in given
    ]
    ended = entry.run("strelka", *moved)
    assert ended.code == 65, ended.log
    assert "chr3 is in the reference, not in the BAM" in ended.log


def test_strelka_without_python2_is_refused_at_once(
    entry: Entry, staged: str, with_bam: str, out: str, tmp_path: Path
) -> None:
    folder = tmp_path / "no-python2"
    folder.mkdir()
    for program in ("python3", "samtools", "bcftools", "s5cmd", "sh", "env"):
        found = subprocess.run(["which", program], capture_output=True, text=True, check=False)  # noqa: S607
        if found.stdout.strip():
            (folder / program).symlink_to(found.stdout.strip())
    configure = "configureStrelkaGermlineWorkflow.py"
    (folder / configure).symlink_to(STAND_INS / configure)
    given = arguments.caller(staged, out)
    entry.environment = {"PATH": str(folder)}
    ended = entry.run("strelka", *given)
    assert ended.code == 69, ended.log
    assert "python2 is not on PATH" in ended.log


def test_strelka_failing_task_shows_its_error_log(
    entry: Entry, staged: str, with_bam: str, out: str, tmp_path: Path
) -> None:
    folder = tmp_path / "failing"
    folder.mkdir()
    script = folder / "bcftools"
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    entry.path_front = (folder, STAND_INS)
    ended = entry.run("strelka", *arguments.caller(staged, out))
    assert ended.code == 80, ended.log
    assert "[workflow.error.log.txt] Failed to complete command task" in ended.log
    assert "[workflow.exitcode.txt] 1" in ended.log
    assert entry.is_scratch_clean()


def test_strelka_of_an_isaac_bam_calls_the_planted_variants(
    entry: Entry,
    s3: Any,
    sample: Sample,
    staged: str,
    isaac_reference: str,
    out: str,
    tmp_path: Path,
) -> None:
    first, second = f"{staged}/reads_1.fastq.gz", f"{staged}/reads_2.fastq.gz"
    ended = entry.run("isaac", *isaac(isaac_reference, out, [first], [second], "--memory", "3"))
    assert ended.code == 0, ended.log
    ended = entry.run("strelka", *arguments.caller(staged, out, "--cmd_args", " --exome "))
    assert ended.code == 0, ended.log
    path = download(s3, f"{out}/vcf/variants/variants.vcf.gz", tmp_path / "v.vcf.gz")
    with pysam.VariantFile(str(path)) as vcf:
        called = {(row.chrom, row.pos, row.ref, row.alts[0]) for row in vcf}
    truth = {variant.key for variant in sample.variants}
    assert len(truth & called) / len(truth) > 0.95
