"""Call variants with Strelka 2: BAM to variants.vcf.gz and a gVCF, both indexed."""

import argparse
import os
import re
import sys
from pathlib import Path

from jobkit.calling import add_caller_arguments, publish_calls, stage_caller_input
from jobkit.errors import JobError, ToolFailedError
from jobkit.job import Job, run_job
from jobkit.logs import LOG
from jobkit.options import Parser, add_timeout_argument, job_parser
from jobkit.sample_name import with_sample_name
from seqstack.tools.strelka import STRELKA
from strelka.commands import build_configure_command, build_run_command

_TIMEOUT_MINUTES = 720  # a failed task alone takes 3 minutes to show: two retries, 90 s apart
_LOG_LINES = 40


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_strelka.py", __doc__)
    add_caller_arguments(made)
    add_timeout_argument(made, default_minutes=_TIMEOUT_MINUTES)
    return made


def call(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    given = with_sample_name(job, stage_caller_input(job, args, both_ways=True))
    run_dir = job.scratch / "strelka"
    # our PYTHONPATH is for Python 3; Strelka is Python 2
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    configure = build_configure_command(given.bam, given.fasta, run_dir, job.options.cmd_args)
    job.run(configure, cwd=job.scratch, env=env)
    run = build_run_command(run_dir, threads=job.options.threads, memory_gib=job.options.memory_gib)
    try:
        job.run(run, cwd=job.scratch, env=env, timeout_seconds=args.timeout_minutes * 60)
    except JobError:
        _log_reports(run_dir)
        raise
    if (status := _report(run_dir, "workflow.exitcode.txt").strip()) not in {"", "0"}:
        _log_reports(run_dir)
        raise ToolFailedError(run, int(status) if re.fullmatch("[0-9]{1,9}", status) else 1, ())
    made = run_dir / "results" / "variants"
    # genome.vcf.gz is a symbolic link to the first sample's, which is the only one here
    publish_calls(job, args, variants=made / "variants.vcf.gz", gvcf=made / "genome.S1.vcf.gz")


def _report(run_dir: Path, name: str) -> str:
    path = run_dir / name
    return path.read_text(errors="replace") if path.is_file() else ""


def _log_reports(run_dir: Path) -> None:
    """Put what Strelka wrote of its failure into the log."""
    for name in ("workflow.error.log.txt", "workflow.warning.log.txt", "workflow.exitcode.txt"):
        for line in _report(run_dir, name).splitlines()[-_LOG_LINES:]:
            LOG.info("[%s] %s", name, line)


if __name__ == "__main__":
    sys.exit(run_job(STRELKA, parser(), call))
