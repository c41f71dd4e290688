"""The lanes of an alignment: which files belong together, and fetching them."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from jobkit.errors import UsageError
from jobkit.job import Job
from jobkit.options import Parser
from seqstack.domain.s3uri import S3Uri


def add_align_arguments(parser: Parser) -> None:
    """Add the arguments of all aligners."""
    parser.add_argument("--bam_s3_folder_path", required=True, type=S3Uri.parse, metavar="URI/")
    for name in ("--fastq1_s3_path", "--fastq2_s3_path", "--reads_s3_path"):
        parser.add_argument(name, nargs="+", type=S3Uri.parse, metavar="URI", default=[])
    parser.add_argument("--reads_reference_s3_path", type=S3Uri.parse, metavar="URI")
    parser.add_argument("--alignment_format", choices=["bam", "cram"], default="bam")
    parser.add_argument("--reference_s3_path", required=True, type=S3Uri.parse, metavar="URI")


def pair_lanes(first: Sequence[S3Uri], second: Sequence[S3Uri]) -> list[tuple[S3Uri, S3Uri]]:
    """Pair the n-th first file with the n-th second file.

    Raises:
        UsageError: the lists are empty, differ in length, or name an object twice.
    """
    if not (first or second):
        raise UsageError("no reads are given", hint="give FASTQ files, first and second reads")
    if len(first) != len(second):
        raise UsageError(f"{len(first)} first FASTQ files, but {len(second)} second ones")
    if len({*first, *second}) != 2 * len(first):
        raise UsageError("a FASTQ object is named twice", hint="give each object once")
    return list(zip(first, second, strict=True))


def stage_lanes(job: Job, args: argparse.Namespace) -> list[tuple[Path, Path]]:
    """Fetch the FASTQ objects; each keeps its name, in a folder for its lane and side.

    Raises:
        UsageError: they are no lanes, or BAM or CRAM files are given.
    """
    if args.reads_s3_path:
        raise UsageError(
            "BAM and CRAM files can't be given here", hint="give FASTQ files, or another aligner"
        )
    lanes = pair_lanes(args.fastq1_s3_path, args.fastq2_s3_path)
    folder = job.scratch / "fastq"
    paths = [
        (
            folder / f"lane{number}" / "1" / first.name,
            folder / f"lane{number}" / "2" / second.name,
        )
        for number, (first, second) in enumerate(lanes, start=1)
    ]
    job.stage_in(
        {
            uri: path
            for lane, pair in zip(lanes, paths, strict=True)
            for uri, path in zip(lane, pair, strict=True)
        }
    )
    return paths
