"""The first hour, on the emulator as far as that goes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.emulator import Emulator

pytestmark = pytest.mark.long

BUILT = Path(".aws-sam/build/template.yaml")


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
