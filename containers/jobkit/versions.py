"""Versions of programs, as they print them."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from jobkit.errors import ToolMissingError
from seqstack.tools.definition import ToolDefinition

_SECONDS = 60


def version_of(argv: Sequence[str], pattern: str) -> str:
    """The first group of `pattern` in the output of `argv`; the exit status is ignored.

    bwa prints its version with its usage and exits with 1, so the status is ignored. A program
    without a version in its output is `unknown`; the job does not fail for it.

    Raises:
        ToolMissingError: the program does not exist.
    """
    try:
        done = subprocess.run(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolMissingError(f"cannot run {argv[0]}: {error}") from error
    text = done.stdout.decode("utf-8", "replace")
    found = re.search(pattern, text)
    return found.group(1) if found else "unknown"


def versions_of(tool: ToolDefinition) -> dict[str, str]:
    """The version of each program that a tool runs, by the program's name.

    Raises:
        ToolMissingError: one does not exist.
    """
    for program in tool.programs:
        if not _is_installed(program.file):
            raise ToolMissingError(f"{program.file} is not on PATH")
    return {
        program.name: version_of(program.version_command, program.version_pattern)
        for program in tool.programs
        if program.version_command
    }


def _is_installed(file: str) -> bool:
    return Path(file).exists() if Path(file).is_absolute() else shutil.which(file) is not None
