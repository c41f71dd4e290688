"""Build snpEff's database of a reference's annotation."""

import argparse
import sys

from jobkit.annotation_options import add_annotation_arguments
from jobkit.indexing import BESIDE, index_parser, stage_fasta
from jobkit.java import build_java_prefix, heap_mib
from jobkit.job import Job, run_job
from jobkit.options import Parser
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.annotation_options import DATABASE_OPTION
from seqstack.tools.snpeff_database import JAR, SNPEFF_DATABASE
from snpeff.database import build_database, pack_database


def parser() -> Parser:
    """The entry point's arguments."""
    made = index_parser("run_snpeff_database.py", __doc__)
    add_annotation_arguments(made)
    made.add_argument(DATABASE_OPTION, required=True, type=S3Uri.parse, metavar="TAR_URI")
    return made


def build(job: Job, args: argparse.Namespace) -> None:
    """The job: see the module."""
    annotation: S3Uri = args.annotation_s3_path
    fasta = stage_fasta(job, args.fasta_s3_path, [annotation])
    temporary = job.scratch / "tmp"
    temporary.mkdir()
    database = build_database(
        job,
        build_java_prefix(JAR, heap_mib(job.options.memory_gib), temporary),
        fasta=fasta,
        annotation=job.scratch / BESIDE / annotation.name,
        genetic_codes=dict(args.genetic_code),
        left_out=args.annotation_left_out,
    )
    archive = job.scratch / args.database_s3_path.name
    pack_database(database, archive)
    job.publish({archive: args.database_s3_path})


if __name__ == "__main__":
    sys.exit(run_job(SNPEFF_DATABASE, parser(), build))
