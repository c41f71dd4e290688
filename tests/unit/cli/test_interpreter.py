"""Commands that are printed can be typed where they are printed."""

import sys
from pathlib import Path

import pytest

from cli.interpreter import python_command


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        (".venv/bin/python", ".venv/bin/python -m emulator clean 'my runs.state'"),
        ("../elsewhere/bin/python", "python -m emulator clean 'my runs.state'"),
    ],
)
def test_command_names_the_interpreter_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, expected: str
) -> None:
    (here := tmp_path / "clone").mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "executable", str((here / below).absolute()).replace("clone/../", ""))

    assert python_command("emulator", "clean", "my runs.state") == expected
