"""Index the FASTA of a reference for bwa mem."""

import argparse
import sys

from jobkit.indexing import index_fasta, index_parser
from jobkit.job import Job, run_job
from seqstack.tools.bwa_index import BWA_INDEX, BWA_INDEX_FILES


def index(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    index_fasta(job, args, BWA_INDEX_FILES)


if __name__ == "__main__":
    sys.exit(run_job(BWA_INDEX, index_parser("run_bwa_index.py", __doc__), index))
