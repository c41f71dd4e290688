"""Call variants with bcftools: BAM to variants.vcf.gz and a gVCF, both indexed."""

import argparse
import sys

from bcftools.commands import READ_BASES, build_call_chain
from jobkit.calling import add_caller_arguments, stage_call_regions, stage_caller_input
from jobkit.job import Job, run_job
from jobkit.logs import LOG
from jobkit.options import Parser, job_parser
from jobkit.windowed_calling import FOLDER, Window, call_by_windows
from seqstack.tools.bcftools import BCFTOOLS

# Lines that mpileup prints for every window; other lines are messages.
_NOTICES = ("[mpileup] 1 samples in 1 input files", "[mpileup] maximum number of reads per input")


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_bcftools.py", __doc__)
    add_caller_arguments(made)
    return made


def call(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    given = stage_call_regions(job, args, stage_caller_input(job, args, both_ways=False))
    bam, fasta = given.bam.relative_to(job.scratch), given.fasta.relative_to(job.scratch)
    (job.scratch / FOLDER).mkdir()
    read_groups = FOLDER / "read_groups.txt"
    # mpileup's -G file: all (*) read groups of this file are this sample
    (job.scratch / read_groups).write_text(f"*\t{bam}\t{job.options.sample_id}\n")

    def chain(window: Window) -> list[list[str]]:
        return build_call_chain(
            bam=bam,
            fasta=fasta,
            read_groups=read_groups,
            bed=window.bed,
            seen_bed=window.seen_bed,
            gvcf=window.gvcf,
            cmd_args=job.options.cmd_args,
        )

    call_by_windows(job, args, given, chain, _log_unless_notice, before=READ_BASES)


def _log_unless_notice(line: str) -> None:
    if not line.startswith(_NOTICES):
        LOG.info("[bcftools] %s", line)


if __name__ == "__main__":
    sys.exit(run_job(BCFTOOLS, parser(), call))
