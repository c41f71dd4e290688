"""The options of jobs that read an annotation."""

import argparse

from jobkit.options import Parser
from seqstack.domain.numbers import whole_number
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.annotation_options import GENETIC_CODE_OPTION, LEFT_OUT_OPTION


def add_annotation_arguments(parser: Parser) -> None:
    """The annotation, and the user's choices on it."""
    parser.add_argument("--annotation_s3_path", type=S3Uri.parse, metavar="GFF3_OR_GTF_URI")
    parser.add_argument(
        GENETIC_CODE_OPTION,
        action="append",
        default=[],
        type=_genetic_code,
        metavar="CONTIG=NUMBER",
        help="NCBI's genetic code of a contig, or of all others (*)",
    )
    parser.add_argument(
        LEFT_OUT_OPTION,
        action="append",
        default=[],
        metavar="CONTIG",
        help="of the annotation, that may be missing from the FASTA; NAME* for all that begin so",
    )


def _genetic_code(text: str) -> tuple[str, int]:
    contig, _, number = text.rpartition("=")
    if not contig:
        raise argparse.ArgumentTypeError(f"{text!r} is not a contig, '=' and a number")
    return contig, whole_number(number)
