"""samtools and bcftools from PATH."""

import shutil
import subprocess

from cli.errors import CliError, ExitCode, usage

_NEEDED = ("bcftools", "samtools")
_LAST_LINES = 5
_TRUNCATED = "No BGZF EOF marker"


def require_programs() -> None:
    """Check that the programs are on PATH.

    Raises:
        CliError: one is not; the message names it.
    """
    missing = [name for name in _NEEDED if not shutil.which(name)]
    if missing:
        raise usage(
            f"not on PATH: {', '.join(missing)}",
            "install them, for example: apt-get install bcftools samtools",
        )


def run_program(name: str, *arguments: object) -> str:
    """Run a program without a shell; return its output.

    Raises:
        CliError: it is not on PATH, the file that it reads (the last argument) is truncated, or it
            failed; the message has its exit status and last lines.
    """
    program = shutil.which(name)
    if program is None:
        raise usage(f"not on PATH: {name}")
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if _TRUNCATED in done.stderr:  # a warning alone, if the file ends with a whole block
        raise usage(f"{arguments[-1]} is truncated: its end of a bgzip file is missing")
    if done.returncode:
        last = done.stderr.splitlines()[-_LAST_LINES:]
        said = " ".join([name, *command[1:]])
        raise CliError(ExitCode.FAILED, f"{said} ended with status {done.returncode}", details=last)
    return done.stdout
