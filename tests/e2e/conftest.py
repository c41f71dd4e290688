import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.exome.generate import DemoExome, generate
from demo.exome.spec import SMALL

type Emulate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def exome(tmp_path_factory: pytest.TempPathFactory) -> DemoExome:
    return generate(SMALL, tmp_path_factory.mktemp("exome"))


@pytest.fixture
def emulate(pytestconfig: pytest.Config, tmp_path: Path) -> Emulate:
    """Run `python -m emulator …` to its end, with a temporary folder of its own."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()

    def emulate(*arguments: str) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            [sys.executable, "-m", "emulator", *arguments],
            cwd=pytestconfig.rootpath,
            env={**os.environ, "TMPDIR": str(temporary), "COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert list(temporary.iterdir()) == [], "something was left behind"
        return ended

    return emulate
