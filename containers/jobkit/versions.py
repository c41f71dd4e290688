"""Versions of programs, of their packages or as they print them."""

import re
import shutil
import subprocess
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from jobkit.errors import ToolMissingError
from seqstack.tools.definition import Program, ToolDefinition

_SECONDS = 60


def version_of(program: Program) -> str:
    """A program's version, from a file of its package or as the program prints it.

    bwa prints its version with its usage and exits with 1, so the status is ignored. A program
    without a version in its output is `unknown`; the job does not fail for it.

    Raises:
        ToolMissingError: the program does not exist.
    """
    return (program.version_file and _packaged(program)) or _printed(program)


def _packaged(program: Program) -> str:
    """The rest of the line that `version_line` begins, or nothing."""
    executable = Path(shutil.which(program.file) or program.file).resolve()
    if executable.suffix == ".jar":
        try:
            with ZipFile(executable) as jar:
                texts = [jar.read(program.version_file).decode("utf-8", "replace")]
        except (OSError, BadZipFile, KeyError):
            texts = []
    else:
        texts = [path.read_text() for path in executable.parent.glob(program.version_file)]
    lines = [line for text in texts for line in text.splitlines()]
    found = [line for line in lines if line.startswith(program.version_line)]
    return found[0].removeprefix(program.version_line).strip(' "') if len(found) == 1 else ""


def _printed(program: Program) -> str:
    command = program.version_command
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolMissingError(f"cannot run {command[0]}: {error}") from error
    text = done.stdout.decode("utf-8", "replace")
    found = re.search(program.version_pattern, text)
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
        program.name: version_of(program) for program in tool.programs if program.version_command
    }


def _is_installed(file: str) -> bool:
    return Path(file).exists() if Path(file).is_absolute() else shutil.which(file) is not None
