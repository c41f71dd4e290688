"""The first hour, on the emulator as far as that goes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.engine.batch.process_runner import ProcessJobRunner
from emulator.engine.batch.runner import Attempt, RunningAttempt
from tests.harness.emulator import Emulator
from tests.harness.scripted import Act, ScriptedRunner

pytestmark = pytest.mark.long

BUILT = Path(".aws-sam/build/template.yaml")


@pytest.fixture(autouse=True)
def hold_stopped_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no job of a run that is to be stopped end by itself: the first takes half a second."""
    start = ProcessJobRunner.start
    held = ScriptedRunner({"stop-*": [Act.hang()]})

    def hold(runner: ProcessJobRunner, attempt: Attempt) -> RunningAttempt:
        is_held = attempt.job_name.startswith("stop-")
        return held.start(attempt) if is_held else start(runner, attempt)

    monkeypatch.setattr(ProcessJobRunner, "start", hold)


def test_first_hour_on_an_emulator_tries_what_needs_no_deployment(
    pytestconfig: pytest.Config,
) -> None:
    with Emulator(pytestconfig.rootpath / BUILT) as emulator:
        ended = subprocess.run(
            [
                *(sys.executable, "scripts/first_hour.py", "--look-seconds", "0.2"),
                *("--stack", emulator.stack_name),
            ],
            cwd=pytestconfig.rootpath,
            env={**os.environ, **emulator.environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "service-role  held: AWSServiceRoleForBatch" in ended.stdout
        assert "runs          held: every bound was met" in ended.stdout
        assert "stops         held: its job is FAILED" in ended.stdout
        assert "keeps-jobs    only AWS can tell" in ended.stdout
