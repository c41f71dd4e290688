import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
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


class SeqStack:
    """`seqstack` as it is installed, in an environment without AWS, with a stack that is served."""

    def __init__(self, port: str, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "SEQSTACK_LOCAL_PORT": port,
        }

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._command(*arguments),
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command, whose output is read line by line."""
        return subprocess.Popen(
            self._command(*arguments),
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            text=True,
        )

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [str(Path(sys.executable).with_name("seqstack")), "--local", *arguments]


@pytest.fixture
def seqstack(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[SeqStack]:
    """The command, and a stack that is served for it."""
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
    yield SeqStack(port, tmp_path)
    server.terminate()
    server.communicate(timeout=1200)
    assert server.returncode == 0
