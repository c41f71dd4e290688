"""Collect alignment statistics with samtools stats: BAM to bam_stats.dat."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from jobkit.contigs import read_bam_header, read_fai, require_same_contigs
from jobkit.errors import InvalidOutputError
from jobkit.job import Job, run_job
from jobkit.options import Parser, job_parser
from jobkit.reference import usable_fasta
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.samtools_stats import SAMTOOLS_STATS

_SEQUENCES = re.compile(r"^SN\traw total sequences:\t([0-9]+)", re.MULTILINE)
_FIRST_WORDS = "# This file was produced by samtools stats"


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_samtools_stats.py", __doc__)
    for name in ("--bam_s3_path", "--reference_s3_path", "--bam_stats_s3_path"):
        made.add_argument(name, required=True, type=S3Uri.parse, metavar="URI")
    made.add_argument("--reference_index_s3_path", type=S3Uri.parse, metavar="FAI_URI")
    return made


def build_stats_command(
    bam: Path, fasta: Path, *, threads: int, cmd_args: Sequence[str] = ()
) -> list[str]:
    """`samtools stats` to stdout; the reference gives GC depth and mismatches per cycle."""
    return [
        *("samtools", "stats", *cmd_args, "--threads", str(threads - 1)),
        *("--ref-seq", str(fasta), str(bam)),
    ]


def build_index_command(fasta: Path) -> list[str]:
    """A FASTA index beside the FASTA."""
    return ["samtools", "faidx", str(fasta)]


def build_empty_count_command(bam: Path, *, threads: int) -> list[str]:
    """Count the reads without bases, whose sequence is `*`."""
    return [
        *("samtools", "view", "--count", "--threads", str(threads - 1)),
        *("--excl-flags", "SECONDARY,SUPPLEMENTARY", "--expr", '!(seq =~ "[A-Z=]")', str(bam)),
    ]


def collect(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    reference: S3Uri = args.reference_s3_path
    index: S3Uri | None = args.reference_index_s3_path
    folder = job.scratch / "reference"
    job.stage_reference([reference, *([index] if index else [])], folder)
    fasta = usable_fasta(job, folder / reference.name).path
    bam = job.scratch / "sorted.bam"
    job.stage_in({args.bam_s3_path: bam}, made_by="align")
    header = read_bam_header(bam)
    fai = Path(f"{fasta}.fai")
    if not fai.exists():
        job.run(build_index_command(fasta))
    require_same_contigs(header.contigs, read_fai(fai), both_ways=False)
    stats = job.scratch / "bam_stats.dat"
    # Relative paths, because the statistics contain the command line: two runs give the same file.
    command = build_stats_command(
        bam.relative_to(job.scratch),
        fasta.relative_to(job.scratch),
        threads=job.options.threads,
        cmd_args=job.options.cmd_args,
    )
    job.run(command, stdout=stats, cwd=job.scratch, reads=bam)
    _require_stats(stats)
    if not job.options.cmd_args:  # options can exclude reads
        _require_reads(job, stats, bam)
    job.publish({stats: args.bam_stats_s3_path})


def _require_stats(path: Path) -> None:
    with path.open() as lines:
        if not next(lines, "").startswith(_FIRST_WORDS):
            raise InvalidOutputError(f"{path.name} is not the output of samtools stats")


def _require_reads(job: Job, stats: Path, bam: Path) -> None:
    """Compare the count with the align step's, if its provenance has one.

    samtools stats leaves out reads without bases: they become a warning of the job.
    """
    found = _SEQUENCES.search(stats.read_text())
    if not found:
        raise InvalidOutputError(f"{stats.name} has no count of sequences")
    counted, reads = int(found[1]), job.facts_of("align").get("reads")
    if reads is None or counted == reads:
        return
    count = job.scratch / "empty_reads.txt"
    job.run(build_empty_count_command(bam, threads=job.options.threads), stdout=count)
    empty = int(count.read_text())
    if counted + empty != reads:
        raise InvalidOutputError(
            f"samtools stats counted {counted:,} reads, and the BAM has {reads:,}"
        )
    job.record.add_warning(
        "readsWithoutBases",
        f"{empty:,} of {reads:,} reads have no bases: the statistics, and the metrics that are "
        "made of them, such as reads and alignedRate, leave them out",
    )


if __name__ == "__main__":
    sys.exit(run_job(SAMTOOLS_STATS, parser(), collect))
