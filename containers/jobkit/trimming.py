"""Trim a lane's reads with fastp, in the stream before the aligner."""

import argparse
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from jobkit.errors import InvalidInputError, InvalidOutputError, UsageError
from jobkit.job import Job
from jobkit.options import Parser
from jobkit.trim_report import combined, facts_of
from jobkit.versions import version_of
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.fastp import (
    FASTP_PROGRAM,
    TRIM_OPTION,
    TRIM_REPORT,
    has_umis,
    option_problems,
    poly_g_options,
)

MEMORY_BYTES = 1 << 30
"""Of fastp: 0.75 GB were measured, most of it reads that wait for the aligner."""
NO_UMI = 65
_FEW_LEFT = 0.5
# A name that fastp has given a UMI, or two joined by _, and a comment. In RX, a hyphen joins them:
# SAM's optional fields specification. A comment behind a tab, as of `samtools fastq -T`, is none
# that fastp knows: it adds UMIs behind it, and takes its last word for those of the index.
_WITH_UMI = r"s/^@([^ \t]+):([A-Za-z]+)(_([A-Za-z]+))?( .*)?$/@\1\tRX:Z:\2-\4/"


def add_trim_argument(parser: Parser) -> None:
    """Add the argument of aligners that read a stream."""
    parser.add_argument(
        TRIM_OPTION, type=_words, metavar="STR", help="trim the reads with these options of fastp"
    )


def build_fastp_command(
    second: str, report: str, first_header: str, cmd_args: Sequence[str]
) -> list[str]:
    """fastp of the pairs in stdin and the file `second`, which may be a pipe; mates to stdout.

    With more than one worker (`-w`), the order of pairs depends on their number. fastp looks into
    its input before it begins, except if that is called /dev/stdin.
    """
    return [
        *("fastp", "-i", "/dev/stdin", "-I", second, "--stdout", "-w", "1"),
        *("--dont_eval_duplication", "-j", report, "-h", "/dev/null"),
        *(*poly_g_options(cmd_args, first_header), *cmd_args),
    ]


def build_umi_command() -> list[str]:
    """Move the UMI from each name of FASTQ to a tag RX; exit with `NO_UMI` if one has none."""
    moved = f"{_WITH_UMI};T none;s/-$//"
    return ["sed", "-E", f"1~4{{{moved}}};b;:none;Q{NO_UMI}"]


@dataclass(slots=True)
class Trimming:
    """How a job trims its reads.

    Attributes:
        cmd_args: fastp's options.
        scratch: the job's folder, where fastp runs.
        reports: fastp's reports, one for each lane that was trimmed.
    """

    cmd_args: tuple[str, ...]
    scratch: Path
    reports: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, job: Job, args: argparse.Namespace) -> Self | None:
        """As the arguments say; None without trimming.

        Raises:
            UsageError: fastp's options are not allowed, or do not fit the others.
            ToolMissingError: fastp is not on PATH.
        """
        if args.fastp_args is None:
            return None
        if args.reads_s3_path or args.part or args.parts:
            raise UsageError(f"{TRIM_OPTION} is for FASTQ files that are aligned at once")
        if problems := list(option_problems(args.fastp_args)):
            raise UsageError(f"{TRIM_OPTION}: {'; '.join(problems)}", hint="correct fastp.cmdArgs")
        job.record.versions[FASTP_PROGRAM.name] = version_of(FASTP_PROGRAM)
        return cls(args.fastp_args, job.scratch)

    @property
    def has_umis(self) -> bool:
        """True if every read gets a tag RX."""
        return has_umis(self.cmd_args)

    def commands(self, second: str, report: str, first_header: str) -> list[list[str]]:
        """The chain that trims one lane."""
        fastp = build_fastp_command(second, report, first_header, self.cmd_args)
        return [fastp, build_umi_command()] if self.has_umis else [fastp]

    def take_report(self, name: str, given: int, aligned: int) -> int:
        """Read fastp's report of a lane; return the number of pairs that it has left.

        Args:
            name: the report's, in scratch.
            given: the reads that fastp was given.
            aligned: the reads that the aligner has read.

        Raises:
            InvalidInputError: no read is left.
            InvalidOutputError: reads were lost on the way.
        """
        report: dict[str, Any] = json.loads((self.scratch / name).read_text())
        summary = report["summary"]
        read, left = (summary[f"{when}_filtering"]["total_reads"] for when in ("before", "after"))
        if read != given or left != aligned or left % 2:
            raise InvalidOutputError(
                f"fastp read {read:,} of {given:,} reads, and the aligner {aligned:,} of {left:,} "
                "that it left"
            )
        if not left:
            raise InvalidInputError(
                f"no read of {given:,} is left after trimming",
                hint="look at fastp's lines in the log; check the reads, and fastp.cmdArgs",
            )
        self.reports.append(report)
        return int(left) // 2

    def publish_to(self, job: Job, bam_folder: S3Uri) -> dict[Path, S3Uri]:
        """Record what was trimmed; return the report, and where it goes."""
        report = combined(self.reports)
        path = self.scratch / Path(TRIM_REPORT).name
        path.write_text(json.dumps(report, indent=1) + "\n")
        facts = facts_of(report)
        job.record.facts["trimming"] = facts
        if facts["readsLeft"] < facts["readsGiven"] * _FEW_LEFT:
            job.record.add_warning("fewReadsLeft", _few_left(facts))
        return {path: bam_folder.parent / TRIM_REPORT}


def _few_left(facts: Mapping[str, Any]) -> str:
    left, given = facts["readsLeft"], facts["readsGiven"]
    return (
        f"trimming has left {left:,} of {given:,} reads ({left / given:.1%}): are the reads of low "
        "quality, or fastp's options too strict?"
    )


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error
