"""Check that the programs of a run are on this machine."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from emulator.job_runners import job_path
from seqstack.tools.definition import BIOCONDA, PYPI, Program, ReferenceIndex
from seqstack.tools.registry import Tool


class MissingProgramError(RuntimeError):
    """A program that the run needs is not on PATH; the message says how to get it."""


def programs_of(tools: Iterable[Tool]) -> list[Program]:
    """The programs that jobs of `tools` run, each once."""
    return list(dict.fromkeys(p for tool in tools for p in tool.definition.programs))


def indexes_of(tools: Iterable[Tool]) -> list[ReferenceIndex]:
    """The indexes that `tools` need beside a reference, each once."""
    return list(dict.fromkeys(i for tool in tools for i in tool.definition.indexes))


def missing_programs(programs: Iterable[Program]) -> list[Program]:
    """The programs that jobs would not find on this machine, each once."""
    return [program for program in dict.fromkeys(programs) if not _is_installed(program.file)]


def require_programs(programs: Iterable[Program]) -> None:
    """Check that every program is on PATH.

    Raises:
        MissingProgramError: names each missing program.
    """
    missing = missing_programs(programs)
    if not missing:
        return
    packages = list(dict.fromkeys(program.package for program in missing))
    debian = [name for name in packages if "::" not in name]
    conda = [name.removeprefix(BIOCONDA) for name in packages if name.startswith(BIOCONDA)]
    hints = []
    if debian:
        hints.append(f"on Debian: apt-get install {' '.join(debian)}")
    if conda:
        hints.append(f"from bioconda: {' '.join(conda)} (or choose bwa and bcftools)")
    if any(name.startswith(PYPI) for name in packages):
        hints.append("from PyPI: make setup")
    names = ", ".join(program.file for program in missing)
    raise MissingProgramError(f"not on PATH: {names}; {'; '.join(hints)}")


def _is_installed(file: str) -> bool:
    if Path(file).is_absolute():
        return Path(file).exists()
    return shutil.which(file, path=job_path()) is not None
