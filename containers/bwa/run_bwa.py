"""Align paired reads with bwa mem: FASTQ to a sorted, duplicate-marked BAM with its index."""

import argparse
import re
import sys

from bwa.commands import batch_bases, build_align_command
from jobkit.aligning import align_lanes
from jobkit.job import Job, run_job
from jobkit.lanes import add_align_arguments, add_part_arguments
from jobkit.options import Parser, job_parser
from jobkit.streaming_aligner import StreamingAligner
from jobkit.trimming import add_trim_argument
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.bwa import ALT_OPTION, BWA

_ALIGNER = StreamingAligner(
    tool=BWA,
    program="bwa",
    build_command=build_align_command,
    # bwa's fastmap.c: "[M::process] read 1234 sequences (123400 bp)..."
    reads_taken=re.compile(r"\[M::process\] read ([0-9]+) sequences"),
    # bwa's bwamem.c: "[M::mem_process_seqs] Processed 1234 reads in 1.234 CPU sec, …"
    reads_done=re.compile(r"\[M::mem_process_seqs\] Processed ([0-9]+) reads"),
    batch_bases=batch_bases,
    counts_pairs=True,
)


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_bwa.py", __doc__)
    add_align_arguments(made)
    add_part_arguments(made)
    add_trim_argument(made)
    made.add_argument(
        ALT_OPTION, type=S3Uri.parse, metavar="URI", help="the list of alternative contigs"
    )
    return made


def align(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    align_lanes(job, args, _ALIGNER, [args.alt_s3_path] if args.alt_s3_path else ())


if __name__ == "__main__":
    sys.exit(run_job(BWA, parser(), align))
