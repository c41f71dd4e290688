"""Align paired reads with minimap2: FASTQ to a sorted, duplicate-marked BAM with its index."""

import argparse
import re
import sys

from jobkit.aligning import align_lanes
from jobkit.job import Job, run_job
from jobkit.lanes import add_align_arguments, add_part_arguments
from jobkit.options import Parser, job_parser
from jobkit.streaming_aligner import StreamingAligner
from jobkit.trimming import add_trim_argument
from minimap2.commands import batch_bases, build_align_command
from seqstack.tools.minimap2 import MINIMAP2

# minimap2's map.c: "[M::worker_pipeline::1.2*1.9] mapped 1234 sequences"
_MAPPED = re.compile(r"\[M::worker_pipeline::\S*\] mapped ([0-9]+) sequences")
_ALIGNER = StreamingAligner(
    tool=MINIMAP2,
    program="minimap2",
    build_command=build_align_command,
    reads_taken=_MAPPED,
    reads_done=_MAPPED,
    batch_bases=batch_bases,
    counts_pairs=False,
    fails_at_half_pair="mm_sketch: Assertion `len > 0",
)


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_minimap2.py", __doc__)
    add_align_arguments(made)
    add_part_arguments(made)
    add_trim_argument(made)
    return made


def align(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    align_lanes(job, args, _ALIGNER)


if __name__ == "__main__":
    sys.exit(run_job(MINIMAP2, parser(), align))
