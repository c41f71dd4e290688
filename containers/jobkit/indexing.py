"""What jobs do that index the FASTA of a prepared reference."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from jobkit.job import Job
from jobkit.options import Parser, job_parser
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.definition import ReferenceIndex

MADE_BY = "checkReference"
"""The step that has written the FASTA."""
BESIDE = "beside"
"""The folder of what else it has written."""


def index_parser(program: str, description: str | None) -> Parser:
    """A parser of an indexing job's arguments."""
    made = job_parser(program, description)
    made.add_argument("--fasta_s3_path", required=True, type=S3Uri.parse, metavar="FASTA_URI")
    return made


def stage_fasta(job: Job, uri: S3Uri, more: Iterable[S3Uri] = ()) -> Path:
    """Fetch the FASTA into scratch, and more that its step has written into a folder there."""
    beside = job.scratch / BESIDE
    beside.mkdir()
    places = {uri: job.scratch / uri.name, **{each: beside / each.name for each in more}}
    job.stage_in(places, made_by=MADE_BY)
    return places[uri]


def index_fasta(job: Job, args: argparse.Namespace, index: ReferenceIndex) -> None:
    """Make an index by its own command, and publish it beside the FASTA.

    The command runs in scratch: some programs write the FASTA's path into the index.
    """
    uri: S3Uri = args.fasta_s3_path
    fasta = stage_fasta(job, uri)
    job.run(index.command_for(fasta.name), cwd=job.scratch)
    job.publish({Path(f"{fasta}{suffix}"): uri.with_suffix(suffix) for suffix in index.suffixes})
