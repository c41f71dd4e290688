"""Runs that are killed go on from their finished steps; a server comes back with its runs."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome

pytestmark = pytest.mark.long

STEPS = ("align", "callVariants", "annotate", "alignmentStats", "targetMetrics", "aggregateQc")


class Machine:
    """Commands of the emulator in one folder."""

    def __init__(self, root: Path, folder: Path, exome: DemoExome) -> None:
        self._root = root
        self._folder = folder
        self._environment = {
            **os.environ,
            "COLUMNS": "120",
            "TMPDIR": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
        }
        self._run = [
            *("run", "--sample", "s", "--results", str(folder / "results")),
            *("--fastq1", str(exome.fastq1[0]), "--fastq2", str(exome.fastq2[0])),
            *("--reference", str(exome.reference), "--annotation", str(exome.annotation)),
        ]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "emulator", *arguments],
            cwd=self._root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> str:
        """Run the sample to its end; what it says."""
        with self.start(*self._run) as process:
            output, _ = process.communicate()
        assert process.returncode == 0, output
        return output

    def run_until(self, words: str, number: signal.Signals) -> None:
        """Run the sample, and send the signal when it says so."""
        with self.start(*self._run) as process:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if words in line:
                    process.send_signal(number)
                    break
            process.stdout.read()
        assert words in said[-1], "".join(said)

    def seqstack(self, port: str, *arguments: str) -> str:
        return subprocess.run(
            [Path(sys.executable).with_name("seqstack"), "--local", *arguments],
            env={**self._environment, "SEQSTACK_LOCAL_PORT": port, "HOME": str(self._folder)},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout


@pytest.fixture
def machine(pytestconfig: pytest.Config, tmp_path: Path, exome: DemoExome) -> Machine:
    return Machine(pytestconfig.rootpath, tmp_path, exome)


def reused(output: str) -> set[str]:
    return {step for step in STEPS if re.search(rf"{step} +\w+ +reused", output)}


def test_killed_run_goes_on_from_its_finished_steps(
    machine: Machine, exome: DemoExome, tmp_path: Path
) -> None:
    machine.run_until("align (bwa): running", signal.SIGKILL)
    machine.run_until("annotate (snpEff): running", signal.SIGKILL)
    output = machine.run()
    assert {"align", "callVariants"} <= reused(output)
    assert "annotate" not in reused(output)
    assert "checkReference" not in output  # the reference stays prepared
    results = tmp_path / "results/s"
    assert Bounds().missed_by(evaluate(exome, RunFiles.of(results))) == ()
    before = {path: path.read_bytes() for path in results.rglob("*.vcf.gz")}

    assert reused(machine.run()) == set(STEPS)
    assert {path: path.read_bytes() for path in results.rglob("*.vcf.gz")} == before

    state = tmp_path / "results.state"
    with machine.start(
        *("serve", "--port", "0", "--api-port", "0", "--state", str(state)),
        *("--env-vars", str(tmp_path / "local-env.json")),
    ) as server:
        assert server.stdout is not None
        lines = []
        for line in server.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        found = re.search(r"seqstack --local --local-port (\d+)", "".join(lines))
        assert found is not None, lines
        runs = json.loads(machine.seqstack(found[1], "list", "--json"))
        with machine.start("clean", str(state), "--yes") as refused:
            assert "in use by another emulator" in refused.communicate()[0]
        server.send_signal(signal.SIGINT)
    states = [run["state"] for run in runs["runs"] if run.get("sampleId") == "s"]
    assert sorted(states) == ["ABORTED", "ABORTED", "SUCCEEDED", "SUCCEEDED"]

    with machine.start("clean", str(state), "--yes") as cleaned:
        output, _ = cleaned.communicate()
    assert cleaned.returncode == 0, output
    assert "Removed." in output
    assert not state.exists()


def test_interrupted_run_goes_on_from_its_finished_steps(machine: Machine) -> None:
    machine.run_until("callVariants (bcftools): running", signal.SIGINT)
    assert "align" in reused(machine.run())
