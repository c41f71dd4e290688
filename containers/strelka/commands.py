"""Strelka's command lines and the header it needs: pure."""

import re
from collections.abc import Sequence
from pathlib import Path

_LEAST_MEMORY_GIB = 2  # a call task asks 1536 MB, so `-g 1` cannot be scheduled
_SAMPLE = re.compile(r"\tSM:[^\t]*")


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


def name_sample(header: str, sample: str) -> str:
    """A SAM header whose read groups are all of `sample`; one is added if there is none.

    Strelka names the VCF's column by the SM tag.
    """
    lines = [
        _SAMPLE.sub(f"\tSM:{sample}", line) if line.startswith("@RG\t") else line
        for line in header.splitlines()
    ]
    lines = [
        f"{line}\tSM:{sample}" if line.startswith("@RG\t") and "\tSM:" not in line else line
        for line in lines
    ]
    if not any(line.startswith("@RG\t") for line in lines):
        lines.append(f"@RG\tID:{sample}\tSM:{sample}")
    return "\n".join(lines) + "\n"


def build_reheader_command(header: Path, bam: Path) -> list[str]:
    """The BAM under another header, to stdout."""
    return ["samtools", "reheader", "--no-PG", str(header), str(bam)]


def build_index_command(bam: Path) -> list[str]:
    """A .bai beside the BAM."""
    return ["samtools", "index", str(bam)]
