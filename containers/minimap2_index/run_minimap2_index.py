"""Index the FASTA of a reference for minimap2."""

import argparse
import sys

from jobkit.indexing import index_fasta, index_parser
from jobkit.job import Job, run_job
from seqstack.tools.minimap2_index import MINIMAP2_INDEX, MINIMAP2_INDEX_FILES


def index(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    index_fasta(job, args, MINIMAP2_INDEX_FILES)


if __name__ == "__main__":
    sys.exit(run_job(MINIMAP2_INDEX, index_parser("run_minimap2_index.py", __doc__), index))
