"""The demo's exome driven by nothing but the command line, against a stack that is served."""

import gzip
import json
import math
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from tests.e2e.conftest import SeqStack
from tests.e2e.test_demo import RESULTS
from tests.support.waiting import until

pytestmark = pytest.mark.long


def said(ended: subprocess.CompletedProcess[str]) -> Any:
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def bill_of(seqstack: SeqStack, project: str) -> Any:
    """What a project's runs cost, once all is accounted for, which no run waits for."""
    return until(
        lambda: said(seqstack("cost", "--project", project, "--json")),
        lambda bill: not bill["openRuns"],
    )


def test_exome_goes_from_files_to_measured_results_by_the_command_line(
    seqstack: SeqStack, exome: DemoExome, tmp_path: Path
) -> None:
    assert seqstack("doctor").returncode == 0
    reference = shutil.copy(exome.reference, tmp_path / "genome.fa")
    sample = (
        *("--sample", "small", "--reference", "genome.fa", "--caller", "bcftools"),
        *("--fastq1", str(exome.fastq1[0]), "--fastq2", str(exome.fastq2[0])),
        *("--annotation", str(exome.annotation), "--project", "demo"),
    )
    unindexed = seqstack("run", *sample)
    assert unindexed.returncode == 2
    assert "`samtools faidx genome.fa && bwa index genome.fa`" in unindexed.stderr
    for command in (["samtools", "faidx", reference], ["bwa", "index", reference]):
        subprocess.run(command, check=True, capture_output=True)

    watched = seqstack("run", *sample, "--watch")

    assert watched.returncode == 0, watched.stderr
    assert "SUCCEEDED" in watched.stdout
    assert "6 of 6 steps done" in watched.stdout
    (listed,) = said(seqstack("list", "--project", "demo", "--json"))["runs"]
    run_id = listed["runId"]
    shown = said(seqstack("status", run_id, "--json"))
    assert {step["state"] for step in shown["steps"]} == {"SUCCEEDED"}
    assert "[M::mem_process_seqs]" in seqstack("logs", run_id, "align", "--all").stdout
    outputs = ("outputs", run_id, "--json")
    until(lambda: "report/run.html" in seqstack(*outputs).stdout)  # written once costs are known
    folder = tmp_path / "results"
    assert seqstack("download", run_id, str(folder)).returncode == 0
    assert {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} == RESULTS
    assert Bounds().missed_by(evaluate(exome, RunFiles.of(folder))) == ()

    cost = bill_of(seqstack, "demo")
    assert (cost["by"], cost["runs"], cost["openRuns"]) == ("cohort", 1, 0)
    by_step = said(seqstack("cost", "--project", "demo", "--by", "step", "--json"))["totals"]
    assert {each["step"] for each in by_step} == {*shown["costUsdByStep"], "orchestration"}
    assert math.isclose(sum(each["costUsd"] for each in by_step), cost["costUsd"])
    told = seqstack("cost", run_id).stdout.splitlines()
    assert [line.split()[0] for line in told[1:]] == [
        *("align", "callVariants", "annotate", "alignmentStats", "targetMetrics"),
        *("aggregateQc", "orchestration", "total"),
    ]

    again = seqstack("run", *sample, "--watch")
    assert again.returncode == 0
    assert "Sending" not in again.stderr
    assert (
        f"Reused from run {run_id}: align, callVariants, annotate, alignmentStats" in again.stdout
    )
    validate_and_delete(seqstack, exome, run_id, reference, tmp_path)


def validate_and_delete(
    seqstack: SeqStack, exome: DemoExome, run_id: str, reference: Path, tmp_path: Path
) -> None:
    """A run, with another one that uses its results."""
    truth = ("--truth", str(exome.truth), "--regions", str(exome.targets))
    files = (*truth, "--reference", str(reference), "--output", str(tmp_path / "accuracy"))
    (whole, *_) = said(seqstack("validate", run_id, *files, "--json"))["strata"]
    assert whole["truth"] == exome.spec.snvs + exome.spec.indels
    assert whole["recall"]["value"] > 0.95

    deleted = said(seqstack("delete", run_id, "--yes", "--json"))
    (other,) = {each["usedBy"] for each in deleted["kept"]}
    assert {each["s3Uri"].rpartition("/")[2] for each in deleted["deleted"]} == {
        *("run.html", "ro-crate-metadata.json", "ro-crate-workflow.json")
    }
    assert said(seqstack("delete", other, "--yes", "--shared", "--json"))["kept"] == []
    left = said(seqstack("outputs", other, "--json"))["outputs"]
    assert {each["state"] for each in left} == {"gone"}


def write_reads(
    folder: Path, sample: str, files: tuple[Path, Path], lines: tuple[int, int]
) -> None:
    """The first lines of each file of reads, as the files of a sample."""
    for mate, (file, count) in enumerate(zip(files, lines, strict=True), start=1):
        text = gzip.decompress(file.read_bytes()).splitlines(keepends=True)[:count]
        (folder / f"{sample}_{mate}.fastq.gz").write_bytes(gzip.compress(b"".join(text), 1))


def test_sheet_goes_to_results_and_runs_again_only_what_failed(
    seqstack: SeqStack, indexed_exome: DemoExome, tmp_path: Path
) -> None:
    exome = indexed_exome
    files = (exome.fastq1[0], exome.fastq2[0])
    whole = len(gzip.decompress(files[0].read_bytes()).splitlines())
    half, third = whole // 8 * 4, whole // 12 * 4
    write_reads(tmp_path, "a", files, (whole, whole))
    write_reads(tmp_path, "b", files, (half, half))
    write_reads(tmp_path, "c", files, (third, third - 400))  # 100 mates are missing
    rows = ["patient,sample,lane,fastq_1,fastq_2"]
    rows += [f"P{each},{each},1,{each}_1.fastq.gz,{each}_2.fastq.gz" for each in "abc"]
    (tmp_path / "plate.csv").write_text("\n".join(rows) + "\n")
    given = (
        *("cohort", "run", "plate.csv", "--reference", str(exome.reference)),
        *("--annotation", str(exome.annotation), "--caller", "bcftools"),
    )

    failed = seqstack(*given, "--watch")

    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "Samples: 2 succeeded, 1 failed" in failed.stdout
    assert "SamplesFailed: 2 of 3 samples" in failed.stdout
    (lost,) = said(seqstack("list", "--cohort", "plate", "--state", "failed", "--json"))["runs"]
    assert (lost["sampleId"], lost["failure"]["error"]) == ("c", "ToolFailedError")

    write_reads(tmp_path, "c", files, (third, third))
    repaired = seqstack(*given, "--watch")

    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert "Plan: 3 samples" in repaired.stdout
    assert "1 new, 0 again, 0 running, 2 done" in repaired.stdout
    assert "Estimate: " in repaired.stdout
    runs = said(seqstack("list", "--cohort", "plate", "--json"))["runs"]
    assert sorted(run["sampleId"] for run in runs) == ["a", "b", "c", "c"]
    report = said(seqstack("cohort", "report", "plate", "--output", str(tmp_path), "--json"))
    assert [each["sampleId"] for each in report["samples"]] == ["a", "b", "c"]
    assert {each["state"] for each in report["samples"]} == {"SUCCEEDED"}
    assert all(each["metrics"]["alignedRate"] > 0.9 for each in report["samples"])
    (best,) = (run for run in runs if run["sampleId"] == "a")
    folder = tmp_path / "results"
    assert seqstack("download", best["runId"], str(folder)).returncode == 0
    called = replace(exome, spec=replace(exome.spec, sample_id="a"))
    assert Bounds().missed_by(evaluate(called, RunFiles.of(folder))) == ()
