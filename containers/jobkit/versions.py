"""A program's version, as it prints it."""

import re
import subprocess
from collections.abc import Sequence

from jobkit.errors import ToolMissingError

_SECONDS = 60


def version_of(argv: Sequence[str], pattern: str) -> str:
    """The first group of `pattern` in what `argv` prints; any exit status will do.

    bwa prints its version with its usage and leaves with 1, so the status says nothing. A program
    that names no version is `unknown`: that is no reason to fail.

    Raises:
        ToolMissingError: the program is not there.
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


def samtools_version() -> str:
    """Of samtools on PATH."""
    return version_of(["samtools", "--version"], r"samtools (\S+)")


def bcftools_version() -> str:
    """Of bcftools on PATH."""
    return version_of(["bcftools", "--version"], r"bcftools (\S+)")
