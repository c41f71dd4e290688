"""Strelka on captured targets and on a genome: options, results and warnings."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments
from tests.integration.containers.conftest import (
    BUCKET,
    STAND_INS,
    Entry,
    copy_alignment,
    declare_whole,
)
from tests.integration.containers.simulated import Sample

pytestmark = pytest.mark.long

BAM = ("bam/sorted.bam", "bam/sorted.bam.bai", "bam/sorted.bam.md5")
TARGET, EVERY = 1200, 15_000  # bases


@pytest.fixture
def entry(entry: Entry) -> Entry:
    entry.path_front = (STAND_INS,)
    return entry


@pytest.fixture
def out(request: pytest.FixtureRequest) -> str:
    return f"s3://{BUCKET}/strelka/{request.node.name.replace('[', '-').rstrip(']')}"


@pytest.fixture(scope="module")
def targets(sample: Sample) -> list[tuple[str, int, int]]:
    """A target in twelve bases, as far apart as an exome's, but evenly."""
    with pysam.FastaFile(str(sample.fasta)) as fasta:
        lengths = zip(fasta.references, fasta.lengths, strict=True)
        return [
            (contig, start, start + TARGET)
            for contig, length in lengths
            for start in range(3000, length - 3000, EVERY)
        ]


@pytest.fixture(scope="module")
def captured(
    s3: Any,
    aligned: str,
    targets: list[tuple[str, int, int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The root of results that hold the alignment of the reads on the targets alone."""
    folder = tmp_path_factory.mktemp("captured")
    whole, bam, bed = folder / "whole.bam", folder / "sorted.bam", folder / "targets.bed"
    bed.write_text("".join(f"{contig}\t{start}\t{end}\n" for contig, start, end in targets))
    s3.download_file(BUCKET, f"{aligned.removeprefix(f's3://{BUCKET}/')}/{BAM[0]}", str(whole))
    for command in (
        ["samtools", "view", "-b", "-L", bed, "-o", bam, whole],
        ["samtools", "index", bam],
    ):
        subprocess.run(command, check=True)
    (folder / "sorted.bam.md5").write_text("")
    for name in BAM:
        s3.upload_file(str(folder / Path(name).name), BUCKET, f"captured/{name}")
    return f"s3://{BUCKET}/captured"


@pytest.fixture
def with_captured(s3: Any, captured: str, out: str) -> str:
    copy_alignment(s3, captured, out)
    declare_whole(s3, out, "align", *BAM)
    return out


def provenance(s3: Any, out: str) -> dict[str, Any]:
    key = f"{out.removeprefix(f's3://{BUCKET}/')}/provenance/callVariants.json"
    record: dict[str, Any] = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return record


def configure_command(record: dict[str, Any]) -> list[str]:
    commands = [row["argv"] for row in record["commands"]]
    (found,) = [argv for argv in commands if argv[0].startswith("configureStrelka")]
    return list(found)


def indels(s3: Any, out: str, folder: Path) -> set[tuple[str, int, str, str]]:
    """The indels that pass."""
    key = f"{out.removeprefix(f's3://{BUCKET}/')}/vcf/variants/variants.vcf.gz"
    s3.download_file(BUCKET, key, str(folder / "v.vcf.gz"))
    with pysam.VariantFile(str(folder / "v.vcf.gz")) as vcf:
        rows = [row for row in vcf if list(row.filter) == ["PASS"]]
    called = {(row.chrom, row.pos, str(row.ref), str(row.alts and row.alts[0])) for row in rows}
    return {key for key in called if len(key[2]) != len(key[3])}


@pytest.fixture(scope="module")
def planted(sample: Sample, targets: list[tuple[str, int, int]]) -> set[tuple[str, int, str, str]]:
    """The indels well inside a target."""
    return {
        variant.key
        for variant in sample.variants
        for contig, start, end in targets
        if not variant.is_snv
        and variant.contig == contig
        and start + 50 < variant.position < end - 50
    }


@pytest.mark.parametrize("said", [["--sequencing", "exome"], ["--cmd_args", " --exome "], []])
def test_strelka_finds_the_indels_of_captured_targets(
    entry: Entry,
    s3: Any,
    staged: str,
    with_captured: str,
    planted: set[tuple[str, int, str, str]],
    tmp_path: Path,
    said: list[str],
) -> None:
    """Even without the option for an exome; then with a warning."""
    ended = entry.run("strelka", *arguments.caller(staged, with_captured, *said))
    assert ended.code == 0, ended.log
    assert len(planted) >= 5
    assert planted <= indels(s3, with_captured, tmp_path)
    record = provenance(s3, with_captured)
    assert configure_command(record).count("--exome") == 1
    codes = [warning["code"] for warning in record["warnings"]]
    assert codes == ([] if said else ["takenForExome"])


def test_strelka_calls_in_padded_targets_alone(
    entry: Entry,
    s3: Any,
    staged: str,
    with_captured: str,
    targets: list[tuple[str, int, int]],
    planted: set[tuple[str, int, str, str]],
    tmp_path: Path,
) -> None:
    half = targets[::2]
    bed = "".join(f"{contig}\t{start}\t{end}\n" for contig, start, end in half)
    name = f"{with_captured.removeprefix(f's3://{BUCKET}/')}/targets.bed"
    s3.put_object(Bucket=BUCKET, Key=name, Body=bed.encode())
    told = ["--sequencing=exome", f"--targets_s3_path=s3://{BUCKET}/{name}", "--target_padding=10"]

    ended = entry.run("strelka", *arguments.caller(staged, with_captured, *told))

    assert ended.code == 0, ended.log
    command = configure_command(provenance(s3, with_captured))
    assert "--exome" in command
    assert "--callRegions" in command
    found = indels(s3, with_captured, tmp_path)
    inside = {
        key
        for key in planted
        if any(contig == key[0] and start < key[1] <= end for contig, start, end in half)
    }
    assert inside
    assert planted & found == inside


def test_strelka_of_captured_targets_as_a_genome_warns(
    entry: Entry, s3: Any, staged: str, with_captured: str, tmp_path: Path
) -> None:
    given = arguments.caller(staged, with_captured, "--sequencing", "genome")
    ended = entry.run("strelka", *given)
    assert ended.code == 0, ended.log
    assert indels(s3, with_captured, tmp_path) == set()
    told = {each["code"]: each["message"] for each in provenance(s3, with_captured)["warnings"]}
    assert told.keys() == {"nearlyAllHighDepth", "noVariantPasses"}
    assert "records are filtered as HighDepth" in told["nearlyAllHighDepth"]
    assert "WARNING nearlyAllHighDepth" in ended.log


@pytest.mark.parametrize("said", [["--sequencing", "genome"], []])
def test_strelka_calls_a_genome_as_one_without_a_warning(
    entry: Entry, s3: Any, staged: str, aligned: str, out: str, said: list[str]
) -> None:
    copy_alignment(s3, aligned, out)
    ended = entry.run("strelka", *arguments.caller(staged, out, *said))
    assert ended.code == 0, ended.log
    record = provenance(s3, out)
    assert "--exome" not in configure_command(record)
    assert record["warnings"] == []


def test_strelka_task_that_is_killed_is_out_of_memory(
    entry: Entry, staged: str, with_captured: str, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    script = folder / "bcftools"
    script.write_text("#!/bin/sh\nkill -9 $$\n")
    script.chmod(0o755)
    entry.path_front = (folder, STAND_INS)
    ended = entry.run("strelka", *arguments.caller(staged, with_captured))
    assert ended.code == 137, ended.log
    assert "a task of Strelka was killed" in ended.log
    assert "taskExitCode -9" in ended.log


def test_strelka_tasks_larger_than_the_job_are_refused(
    entry: Entry, staged: str, with_captured: str
) -> None:
    given = ["--memory", "3", "--cmd_args", "--callMemMb 4096"]
    ended = entry.run("strelka", *arguments.caller(staged, with_captured, *given))
    assert ended.code == 64, ended.log
    assert "--callMemMb 4096 is more than the 3 GiB of the job" in ended.log


def test_strelka_publishes_its_own_files_beside_every_callers(
    entry: Entry, s3: Any, staged: str, with_captured: str
) -> None:
    """The original workflow's results have them."""
    ended = entry.run("strelka", *arguments.caller(staged, with_captured))
    assert ended.code == 0, ended.log
    root = with_captured.removeprefix(f"s3://{BUCKET}/")

    def content(name: str) -> bytes:
        body: bytes = s3.get_object(Bucket=BUCKET, Key=f"{root}/vcf/{name}")["Body"].read()
        return body

    assert b"segments" in content("stats/runStats.tsv")
    assert content("stats/runStats.xml").startswith(b"<runStats>")
    for suffix in ("", ".tbi"):
        first = content(f"variants/genome.S1.vcf.gz{suffix}")
        assert first == content(f"variants/genome.vcf.gz{suffix}")
    written = {row["uri"] for row in provenance(s3, with_captured)["outputs"]}
    assert f"{with_captured}/vcf/stats/runStats.xml" in written
