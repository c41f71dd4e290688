"""The lanes of an alignment: which files belong together, and fetching them."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from jobkit.errors import UsageError
from jobkit.job import Job
from jobkit.options import Parser
from seqstack.domain.numbers import whole_number
from seqstack.domain.reads.parts import MAX_PARTS, PART_OPTION, PARTS_OPTION, Part
from seqstack.domain.s3uri import S3Uri


def add_align_arguments(parser: Parser) -> None:
    """Add the arguments of all aligners."""
    parser.add_argument("--bam_s3_folder_path", required=True, type=S3Uri.parse, metavar="URI/")
    for name in ("--fastq1_s3_path", "--fastq2_s3_path", "--reads_s3_path"):
        parser.add_argument(name, nargs="+", type=S3Uri.parse, metavar="URI", default=[])
    parser.add_argument("--reads_reference_s3_path", type=S3Uri.parse, metavar="URI")
    parser.add_argument("--alignment_format", choices=["bam", "cram"], default="bam")
    parser.add_argument("--reference_s3_path", required=True, type=S3Uri.parse, metavar="URI")


def add_part_arguments(parser: Parser) -> None:
    """Add the arguments of aligners whose work can be done in parts."""
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument(
        PART_OPTION, type=Part.parse, metavar="N/COUNT", help="align only this part of the reads"
    )
    parts.add_argument(
        PARTS_OPTION, type=_count, metavar="COUNT", help="join the aligned parts of the reads"
    )


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


def stage_lanes(
    job: Job, args: argparse.Namespace, *, grows: float = 1.0
) -> list[tuple[Path, Path]]:
    """Fetch the FASTQ objects; each keeps its name, in a folder for its lane and side.

    `grows` is as for `Job.stage_in`.

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
        },
        grows=grows,
        sums=True,
    )
    return paths


def _count(text: str) -> int:
    number = whole_number(text)  # argparse makes a message of a ValueError
    if not 1 < number <= MAX_PARTS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 2 to {MAX_PARTS}")
    return number
