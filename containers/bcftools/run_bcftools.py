"""Call variants with bcftools: BAM to variants.vcf.gz and a gVCF, both indexed."""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from bcftools.commands import (
    build_call_chain,
    build_finish_chain,
    build_gvcf_command,
    build_index_command,
    build_variants_command,
)
from bcftools.windows import as_bed, plan_windows
from jobkit.calling import CallerInput, add_caller_arguments, publish_calls, stage_caller_input
from jobkit.job import Job, run_job
from jobkit.logs import LOG
from jobkit.options import Parser, job_parser
from jobkit.processes import ProcessGroup
from seqstack.tools.bcftools import BCFTOOLS

# What mpileup says of every window; a real message begins otherwise.
_NOTICES = ("[mpileup] 1 samples in 1 input files", "[mpileup] maximum number of reads per input")


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_bcftools.py", __doc__)
    add_caller_arguments(made)
    return made


def call(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    given = stage_caller_input(job, args, both_ways=False)
    gvcf, variants = Path("genome.vcf.gz"), Path("variants.vcf.gz")
    with job.timed("run"):
        lists = _call_windows(job, given)
    fasta, threads = _inside(job, given.fasta), job.options.threads
    job.run(build_gvcf_command(lists.gvcfs, gvcf), cwd=job.scratch)
    job.run(*build_finish_chain(lists.variants, fasta, variants, threads=threads), cwd=job.scratch)
    for path in (gvcf, variants):
        job.run(build_index_command(path), cwd=job.scratch)
    publish_calls(job, args, variants=job.scratch / variants, gvcf=job.scratch / gvcf)


class PartLists(NamedTuple):
    """Files that list the windows' results, relative to scratch."""

    gvcfs: Path
    variants: Path


def _call_windows(job: Job, given: CallerInput) -> PartLists:
    """Call every window, as many at once as there are threads."""
    folder = Path("windows")
    (job.scratch / folder).mkdir()
    bam, fasta = _inside(job, given.bam), _inside(job, given.fasta)
    read_groups = folder / "read_groups.txt"
    # mpileup's -G file: all (*) read groups of this file are this sample
    (job.scratch / read_groups).write_text(f"*\t{bam}\t{job.options.sample_id}\n")
    windows = [as_bed(window) for window in plan_windows(given.header.contigs)]
    parts = [folder / f"{number:05d}" for number in range(1, len(windows) + 1)]
    for part, bed in zip(parts, windows, strict=True):
        (job.scratch / part.with_suffix(".bed")).write_text(bed)
    gvcfs = [part.with_suffix(".g.vcf.gz") for part in parts]
    variants = [part.with_suffix(".bcf") for part in parts]
    calls = [
        build_call_chain(
            bam=bam,
            fasta=fasta,
            read_groups=read_groups,
            bed=part.with_suffix(".bed"),
            gvcf=gvcf,
            cmd_args=job.options.cmd_args,
        )
        for part, gvcf in zip(parts, gvcfs, strict=True)
    ]
    pairs = zip(gvcfs, variants, strict=True)
    selections = [[build_variants_command(gvcf, selected)] for gvcf, selected in pairs]
    with ProcessGroup() as group:
        for chains in (calls, selections):
            finished = group.run_pool(
                chains, workers=job.options.threads, cwd=job.scratch, on_line=_log_unless_notice
            )
            job.note(finished)
    job.record.facts = {"windows": len(windows)}
    lists = PartLists(folder / "gvcfs.txt", folder / "variants.txt")
    for path, listed in zip(lists, (gvcfs, variants), strict=True):
        (job.scratch / path).write_text("".join(f"{part}\n" for part in listed))
    return lists


def _inside(job: Job, path: Path) -> Path:
    return path.relative_to(job.scratch)


def _log_unless_notice(line: str) -> None:
    if not line.startswith(_NOTICES):
        LOG.info("[bcftools] %s", line)


if __name__ == "__main__":
    sys.exit(run_job(BCFTOOLS, parser(), call))
