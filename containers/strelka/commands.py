"""Strelka's command lines: pure."""

from collections.abc import Sequence
from pathlib import Path

_LEAST_MEMORY_GIB = 2  # a call task asks 1536 MB, so `-g 1` cannot be scheduled


def build_configure_command(
    bam: Path, fasta: Path, run_dir: Path, cmd_args: Sequence[str] = ()
) -> list[str]:
    """Writes `run_dir`/runWorkflow.py; `run_dir` must not hold one yet."""
    return [
        *("configureStrelkaGermlineWorkflow.py", "--bam", str(bam)),
        *("--referenceFasta", str(fasta), *cmd_args, "--runDir", str(run_dir)),
    ]


def build_run_command(run_dir: Path, *, threads: int, memory_gib: float | None) -> list[str]:
    """Runs the workflow; -j and -g are given, else it takes all it sees of the host.

    Args:
        run_dir: as configured.
        threads: for -j.
        memory_gib: of the whole job; -g is whole GB, for scheduling tasks only.
    """
    memory = _LEAST_MEMORY_GIB if memory_gib is None else max(_LEAST_MEMORY_GIB, int(memory_gib))
    return [
        *("python2", str(run_dir / "runWorkflow.py"), "-m", "local"),
        *("-j", str(threads), "-g", str(memory), "--quiet"),
    ]
