"""The demo's exome driven by nothing but the command line, against a stack that is served."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from tests.e2e.test_demo import RESULTS
from tests.support.waiting import until

pytestmark = pytest.mark.long

type SeqStack = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def seqstack(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[SeqStack]:
    """`seqstack` as it is installed, in an environment without AWS."""
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "emulator", "serve", "--port", "0", "--api-port", "0"),
            *("--env-vars", str(tmp_path / "local-env.json")),
        ],
        cwd=pytestconfig.rootpath,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    port = ""
    for line in server.stdout:
        if told := re.search(r"seqstack --local --local-port (\d+)", line):
            port = told[1]
        if "Ctrl-C" in line:
            break

    def seqstack(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).with_name("seqstack"), "--local", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "XDG_RUNTIME_DIR": str(tmp_path),
                "SEQSTACK_LOCAL_PORT": port,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )

    yield seqstack
    server.terminate()
    server.communicate(timeout=1200)
    assert server.returncode == 0


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
    assert "5 of 5 steps done" in watched.stdout
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
