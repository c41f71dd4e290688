"""Files of this machine through the stand-ins of Isaac and Strelka, by both command lines."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from tests.e2e.conftest import Emulate, SeqStack
from tests.e2e.test_command_line import said

pytestmark = pytest.mark.long

STAND_INS = Path(__file__).parents[1] / "stand_ins/bin"


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{STAND_INS}:{os.environ['PATH']}")


def test_emulator_run_by_isaac_and_strelka_meets_every_bound(
    emulate: Emulate, exome: DemoExome, tmp_path: Path
) -> None:
    ended = emulate(
        *("run", "--sample", "s", "--results", str(tmp_path / "results")),
        *("--aligner", "isaac", "--caller", "strelka", "--exome"),
        *("--fastq1", str(exome.fastq1[0]), "--fastq2", str(exome.fastq2[0])),
        *("--reference", str(exome.reference), "--annotation", str(exome.annotation)),
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = tmp_path / "results/s"
    assert Bounds().missed_by(evaluate(exome, RunFiles.of(folder))) == ()
    record = json.loads((folder / "provenance/callVariants.json").read_text())
    assert record["warnings"] == []


def test_seqstack_run_by_isaac_sends_its_reference_too(
    seqstack: SeqStack,
    exome: DemoExome,
    tmp_path: Path,
) -> None:
    reference = tmp_path / "genome.fa"
    reference.write_bytes(exome.reference.read_bytes())
    subprocess.run(["samtools", "faidx", reference], check=True)  # noqa: S607
    sample = (
        *("--sample", "small", "--reference", "genome.fa", "--annotation", str(exome.annotation)),
        *("--fastq1", str(exome.fastq1[0]), "--fastq2", str(exome.fastq2[0])),
        *("--aligner", "isaac", "--caller", "strelka", "--exome"),
    )
    unsorted = seqstack("run", *sample)
    assert unsorted.returncode == 2
    assert "isaac-sort-reference -q -g genome.fa -o isaac" in unsorted.stderr
    command = [STAND_INS / "isaac-sort-reference", "-q", "-g", reference, "-o", tmp_path / "isaac"]
    subprocess.run(command, check=True)

    watched = seqstack("run", *sample, "--watch")

    assert watched.returncode == 0, watched.stdout + watched.stderr
    (listed,) = said(seqstack("list", "--json"))["runs"]
    assert said(seqstack("status", listed["runId"], "--json"))["steps"][0]["tool"] == "isaac"
