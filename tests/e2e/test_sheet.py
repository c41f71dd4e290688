"""A sheet of samples through `python -m emulator run --sheet`."""

import gzip
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from tests.e2e.conftest import Emulate
from tests.e2e.test_own_files import descendants, wait_for_program
from tests.support.crates import validated


@pytest.fixture
def sheet(exome: DemoExome, tmp_path: Path) -> Path:
    """Samples `a`, `b` and `c`, each with fewer pairs; the second reads of `b` end early."""
    rows = ["patient,sex,status,sample,lane,fastq_1,fastq_2"]
    for fewer, sample in enumerate("abc"):
        folder = tmp_path / "reads" / sample
        folder.mkdir(parents=True)
        for file in (exome.fastq1[0], exome.fastq2[0]):
            lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
            (folder / file.name).write_bytes(gzip.compress(b"".join(lines[4 * fewer :]), 1))
        files = ",".join(f"reads/{sample}/{each[0].name}" for each in (exome.fastq1, exome.fastq2))
        rows.append(f"P{sample},XX,0,{sample},1,{files}")
    cut = tmp_path / "reads/b" / exome.fastq2[0].name
    lines = gzip.decompress(cut.read_bytes()).split(b"\n")
    cut.write_bytes(gzip.compress(b"\n".join(lines[:-401]) + b"\n", 1))
    (tmp_path / "samples.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "samples.csv"


def arguments(sheet: Path, exome: DemoExome) -> list[str]:
    return [
        *("run", "--sheet", str(sheet), "--results", str(sheet.parent / "results")),
        *("--reference", str(exome.reference), "--annotation", str(exome.annotation)),
    ]


@pytest.mark.long
def test_samples_of_a_sheet_run_though_one_of_them_fails(
    emulate: Emulate, sheet: Path, indexed_exome: DemoExome
) -> None:
    ended = emulate(*arguments(sheet, indexed_exome))

    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "3 samples: 2 succeeded, 1 failed" in ended.stdout
    assert "b: ToolFailedError: align (bwa) failed" in ended.stdout
    results = sheet.parent / "results"
    assert sorted(path.name for path in results.iterdir()) == ["a", "b", "c"]
    assert {path.name for path in (results / "b").rglob("*.*")} == {
        *("run.html", "ro-crate-metadata.json", "ro-crate-workflow.json")
    }
    assert validated(results / "b/provenance") == "passed\n"
    for sample in "ac":
        spec = replace(indexed_exome.spec, sample_id=sample)
        exome = replace(indexed_exome, spec=spec)
        assert Bounds().missed_by(evaluate(exome, RunFiles.of(results / sample))) == ()


def test_sheet_with_faults_is_refused_with_all_of_them_by_line(
    emulate: Emulate, sheet: Path, exome: DemoExome
) -> None:
    sheet.write_text(sheet.read_text().replace("Pb,XX", "Pb,X") + "Pd,XX,0,d,1,no_1.gz,no_2.gz\n")

    refused = emulate(*arguments(sheet, exome))
    assert refused.returncode == 2
    assert f"{sheet}: line 3: sex 'X' is none of XX, XY and NA" in refused.stdout

    sheet.write_text(sheet.read_text().replace("Pb,X,", "Pb,XX,"))
    missing = emulate(*arguments(sheet, exome))
    assert missing.returncode == 2
    for name in ("no_1.gz", "no_2.gz"):
        assert f"{sheet}: line 5: {sheet.parent / name}: no such file" in missing.stdout
    assert not (sheet.parent / "results").exists()


@pytest.mark.long
def test_sheet_interrupted_leaves_no_process_and_no_file(
    sheet: Path, indexed_exome: DemoExome, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    started = subprocess.Popen(
        [sys.executable, "-m", "emulator", *arguments(sheet, indexed_exome)],
        cwd=pytestconfig.rootpath,
        env={**os.environ, "TMPDIR": str(temporary), "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_program(started.pid, "bwa")
    children = descendants(started.pid)

    started.send_signal(signal.SIGINT)
    output, errors = started.communicate(timeout=1200)

    assert started.returncode == 128 + signal.SIGINT
    assert "Interrupted." in output
    assert errors.strip() == ""
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert list(temporary.iterdir()) == []
