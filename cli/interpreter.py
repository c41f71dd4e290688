"""Commands of this Python, as they can be typed."""

import shlex
import sys
from pathlib import Path


def python_command(*words: str) -> str:
    """`python -m …`, by this interpreter's path if it lies below the working folder."""
    interpreter = Path(sys.executable)
    here = Path.cwd()
    shown = interpreter.relative_to(here) if interpreter.is_relative_to(here) else Path("python")
    return shlex.join([str(shown), "-m", *words])
