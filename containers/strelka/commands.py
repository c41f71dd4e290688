"""Strelka's command lines: pure."""

from collections.abc import Sequence
from pathlib import Path

from jobkit.errors import UsageError
from jobkit.options import has_option
from seqstack.tools.strelka import CAPTURED_OPTIONS

_LEAST_MEMORY_GIB = 2  # a call task requests 1536 MB, so `-g 1` can't be scheduled
_MIB_PER_GIB = 1024


def build_configure_command(
    bam: Path,
    fasta: Path,
    run_dir: Path,
    cmd_args: Sequence[str] = (),
    *,
    is_captured: bool,
    regions: Path | None = None,
) -> list[str]:
    """Writes `run_dir`/runWorkflow.py; `run_dir` must not hold one yet.

    `regions` is a bgzipped BED file with its .tbi, outside of which nothing is called.
    """
    is_told = has_option(cmd_args, *CAPTURED_OPTIONS)
    return [
        *("configureStrelkaGermlineWorkflow.py", "--bam", str(bam)),
        *("--referenceFasta", str(fasta), *cmd_args),
        *(("--exome",) if is_captured and not is_told else ()),
        *(("--callRegions", str(regions)) if regions else ()),
        *("--runDir", str(run_dir)),
    ]


def build_run_command(
    run_dir: Path, *, threads: int, memory_gib: float | None, task_mib: int = 0
) -> list[str]:
    """Runs the workflow; -j and -g are set, because by default it uses the whole host.

    Args:
        run_dir: as configured.
        threads: for -j.
        memory_gib: of the whole job; -g is whole GB, for scheduling tasks only.
        task_mib: a task's memory, if cmdArgs sets it.

    Raises:
        UsageError: no task of that size could be scheduled.
    """
    memory = _LEAST_MEMORY_GIB if memory_gib is None else max(_LEAST_MEMORY_GIB, int(memory_gib))
    if task_mib > memory * _MIB_PER_GIB:
        raise UsageError(
            f"--callMemMb {task_mib} is more than the {memory} GiB of the job, so no task could "
            f"start",
            hint="give the callVariants step more memory, or a task less",
        )
    return [
        *("python2", str(run_dir / "runWorkflow.py"), "-m", "local"),
        *("-j", str(threads), "-g", str(memory), "--quiet"),
    ]
