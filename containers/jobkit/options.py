"""The common arguments of entry points, and their parser."""

import argparse
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, override

from jobkit.errors import UsageError
from jobkit.exit_codes import ExitCode
from seqstack.domain.bucket_access import (
    BUCKET_REGION_OPTION,
    REQUEST_PAYER_OPTION,
    REQUESTER,
    BucketAccess,
)
from seqstack.domain.numbers import decimal_number, whole_number
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.definition import MADE_BY_OPTION, ToolDefinition

_STEP = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SAMPLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """The common options of jobs; `memory_gib` is the whole job's memory in GiB.

    `sample_id` is empty in a job of a run that is of no sample.

    `access` is how it reads buckets of other regions and of others.

    `made_by` has the SHA-256, in hexadecimal, of the provenance of earlier steps of the run.
    """

    sample_id: str
    provenance: S3Uri
    working_dir: Path
    threads: int
    memory_gib: float | None
    cmd_args: tuple[str, ...]
    made_by: Mapping[str, str] = field(default_factory=dict)
    access: BucketAccess = field(default_factory=BucketAccess)


class Parser(argparse.ArgumentParser):
    """argparse with this project's exit code, and `--cmd_args` values that begin with a dash."""

    @override
    def error(self, message: str) -> NoReturn:
        self.print_usage()
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n")

    def read(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse; `--cmd_args --exome` means `--cmd_args=--exome`."""
        joined: list[str] = []
        for word in argv:
            if joined and joined[-1] == "--cmd_args":
                joined[-1] = f"--cmd_args={word}"
            else:
                joined.append(word)
        return self.parse_args(joined)


def job_parser(program: str, description: str | None) -> Parser:
    """A parser with the common options; the tool adds its own."""
    parser = Parser(
        prog=program, description=(description or "").partition("\n")[0], allow_abbrev=False
    )
    parser.add_argument("--sample_id", type=_sample_id, metavar="ID")
    parser.add_argument("--provenance_s3_path", required=True, type=S3Uri.parse, metavar="URI")
    parser.add_argument("--working_dir", required=True, type=Path, metavar="DIR")
    parser.add_argument("--threads", type=_positive_int, metavar="N", help="default: all CPUs")
    parser.add_argument("--memory", type=_positive_float, metavar="GIB", help="of the whole job")
    parser.add_argument(
        MADE_BY_OPTION,
        action="append",
        default=[],
        type=_made_by,
        metavar="STEP:SHA256",
        help="the provenance of an earlier step of this run, which its results must match",
    )
    parser.add_argument(
        BUCKET_REGION_OPTION,
        action="append",
        default=[],
        type=_bucket_region,
        metavar="BUCKET=REGION",
        help="the region of a bucket in another one than the job's",
    )
    parser.add_argument(
        REQUEST_PAYER_OPTION, choices=[REQUESTER], help="pays for reading requester-pays buckets"
    )
    parser.add_argument("--cmd_args", default="", type=_words, metavar="STR", help="for the tool")
    return parser


def add_timeout_argument(parser: Parser, *, default_minutes: int) -> None:
    """Add the time limit of the tool, for tools that are known to hang."""
    parser.add_argument(
        "--timeout_minutes",
        default=float(default_minutes),
        type=_positive_float,
        metavar="N",
        help="after which the tool is stopped; default: %(default)s",
    )


def common_options(args: argparse.Namespace) -> CommonOptions:
    """The common part of parsed arguments; threads are limited to the available CPUs."""
    available = len(os.sched_getaffinity(0))
    return CommonOptions(
        sample_id=args.sample_id or "",
        provenance=args.provenance_s3_path,
        working_dir=args.working_dir,
        threads=min(args.threads or available, available),
        memory_gib=args.memory,
        cmd_args=tuple(args.cmd_args or ()),
        made_by=dict(args.made_by),
        access=BucketAccess(dict(args.bucket_region), args.request_payer == REQUESTER),
    )


def require_allowed(cmd_args: Sequence[str], tool: ToolDefinition) -> None:
    """Refuse options that `tool` does not allow, as the validation of the run's input does.

    Raises:
        UsageError: names each of them.
    """
    _, problems = tool.options.read(cmd_args)
    if problems:
        raise UsageError(f"--cmd_args: {'; '.join(problems)}", hint="correct or leave out cmdArgs")


def has_option(cmd_args: Sequence[str], *names: str) -> bool:
    """True when `cmd_args` holds one of `names`, alone or as `name=value`."""
    return any(word.partition("=")[0] in names for word in cmd_args)


def _sample_id(text: str) -> str:
    if not _SAMPLE_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a sample id: letters, digits, '.', '_', '-'"
        )
    return text


def _made_by(text: str) -> tuple[str, str]:
    step, _, digest = text.partition(":")
    if not _STEP.fullmatch(step) or not _SHA256.fullmatch(digest):
        raise argparse.ArgumentTypeError(f"{text!r} is not a step, ':' and a SHA-256")
    return step, digest


def _bucket_region(text: str) -> tuple[str, str]:
    bucket, _, region = text.partition("=")
    if not bucket or not _REGION.fullmatch(region):
        raise argparse.ArgumentTypeError(f"{text!r} is not a bucket, '=' and a region")
    return bucket, region


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def _positive_int(text: str) -> int:
    number = whole_number(text)  # argparse makes a message of a ValueError
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _positive_float(text: str) -> float:
    value = decimal_number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value
