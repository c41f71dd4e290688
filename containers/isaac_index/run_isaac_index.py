"""Make the sorted-reference.xml of a reference's FASTA for Isaac."""

import argparse
import sys

from isaac.reference import read_sorted_reference
from jobkit.indexing import index_parser, stage_fasta
from jobkit.job import Job, run_job
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.isaac_index import ISAAC_INDEX, ISAAC_OWN_REFERENCE


def index(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    uri: S3Uri = args.fasta_s3_path
    fasta = stage_fasta(job, uri)
    made = job.scratch / "isaac"
    made.mkdir()
    job.run(ISAAC_OWN_REFERENCE.command_for(str(fasta), str(made)), cwd=job.scratch)
    xml = made / ISAAC_OWN_REFERENCE.required
    # isaac-sort-reference writes where the FASTA lay on this host
    relocatable = read_sorted_reference(xml.read_bytes(), uri.parent).xml
    xml.write_text(relocatable)
    job.publish({xml: uri.parent / xml.name})


if __name__ == "__main__":
    sys.exit(run_job(ISAAC_INDEX, index_parser("run_isaac_index.py", __doc__), index))
