import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from demo.exome.generate import DemoExome, generate
from demo.exome.spec import SMALL

type Emulate = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def exome(tmp_path_factory: pytest.TempPathFactory) -> DemoExome:
    return generate(SMALL, tmp_path_factory.mktemp("exome"))


@pytest.fixture(scope="session")
def indexed_exome(exome: DemoExome, tmp_path_factory: pytest.TempPathFactory) -> DemoExome:
    """The exome with bwa's index beside its reference, which is then not prepared."""
    reference = tmp_path_factory.mktemp("indexed") / exome.reference.name
    shutil.copy(exome.reference, reference)
    for command in (["samtools", "faidx", reference], ["bwa", "index", reference]):
        subprocess.run(command, check=True, capture_output=True)
    return replace(exome, reference=reference)


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
            timeout=1200,
            check=False,
        )
        assert list(temporary.iterdir()) == [], "something was left behind"
        return ended

    return emulate
