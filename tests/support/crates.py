"""What roc-validator says of an RO-Crate, without a network."""

import subprocess
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def validated(folder: Path) -> str:
    """`passed`, or a line for each requirement of a Workflow Run Crate that is not met."""
    command = [_ROOT / ".venv-crate/bin/python", _ROOT / "tests/support/check_crate.py", folder]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
