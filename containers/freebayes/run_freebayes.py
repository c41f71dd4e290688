"""Call variants with freebayes: BAM to variants.vcf.gz and a gVCF, both indexed."""

import argparse
import sys

from freebayes.commands import HAPLOTYPE_BASES, build_call_chain
from jobkit.calling import add_caller_arguments, stage_call_regions, stage_caller_input
from jobkit.job import Job, run_job
from jobkit.logs import LOG
from jobkit.options import Parser, job_parser
from jobkit.sample_name import with_sample_name
from jobkit.windowed_calling import Window, call_by_windows
from jobkit.windows import as_bed
from seqstack.tools.freebayes import FREEBAYES


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_freebayes.py", __doc__)
    add_caller_arguments(made)
    return made


def call(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    staged = with_sample_name(job, stage_caller_input(job, args, both_ways=False))
    given = stage_call_regions(job, args, staged)
    bam, fasta = given.bam.relative_to(job.scratch), given.fasta.relative_to(job.scratch)
    ends = given.header.contigs

    def chain(window: Window) -> list[list[str]]:
        if given.regions:
            longer = [
                item._replace(end=min(item.end + 1, ends[item.contig])) for item in window.seen
            ]
            (job.scratch / window.seen_bed).write_text(as_bed(longer))
        return build_call_chain(
            bam=bam,
            fasta=fasta,
            bed=window.bed,
            seen_bed=window.seen_bed,
            gvcf=window.gvcf,
            has_gaps=bool(given.regions),
            cmd_args=job.options.cmd_args,
        )

    # at the end of a window's contig, freebayes 1.3 gives its last gVCF record the next contig's
    # name
    call_by_windows(
        job,
        args,
        given,
        chain,
        _log,
        before=HAPLOTYPE_BASES,
        only_regions=True,
        by_contig=True,
    )


def _log(line: str) -> None:
    LOG.info("[freebayes] %s", line)


if __name__ == "__main__":
    sys.exit(run_job(FREEBAYES, parser(), call))
