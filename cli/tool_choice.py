"""Options for a run's tools and the kind of its reads."""

from typing import Annotated, Any

import typer

from cli.options import number_option
from seqstack.domain.reads.parts import MAX_PARTS
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import StepName
from seqstack.tools.fastp import FASTP
from seqstack.tools.registry import Tool, tool_named, tools_of

CapturedOption = Annotated[
    bool | None,
    typer.Option(
        "--exome/--genome",
        help="Reads are of captured targets, or of a whole genome. Default: decided by their "
        "depth.",
    ),
]

CramOption = Annotated[
    bool | None, typer.Option("--cram", help="Keep the alignment as CRAM, too, without loss.")
]

PartsOption = Annotated[
    int | None,
    number_option(
        "--parts",
        low=1,
        high=MAX_PARTS,
        help="Jobs that align the reads side by side. Default: by the size of the FASTQ files, 1 "
        "for an exome.",
    ),
]


TrimOption = Annotated[
    bool | None,
    typer.Option("--trim", help="Trim adapters and filter reads by quality with fastp, first."),
]

FastpArgsOption = Annotated[
    str,
    typer.Option(
        metavar="OPTIONS",
        help="Trim with options of fastp, in quotes, such as --umi --umi_loc read1 --umi_len 8.",
    ),
]


def trimming_keys(trim: bool | None, fastp_args: str) -> dict[str, Any]:  # noqa: FBT001 - an option's value
    """The keys of `TrimOption` and `FastpArgsOption` in a run's input; None for those not given."""
    return {
        "trimReads": trim or None,
        FASTP: {"cmdArgs": fastp_args} if fastp_args else None,
    }


def parts_of(number: int | None) -> int | bool | None:
    """The value of `alignInParts` for `PartsOption`."""
    return False if number == 1 else number


def sequencing_of(captured: bool | None) -> Sequencing | None:  # noqa: FBT001 - an option's value
    """The value of `CapturedOption`; None if it was not given."""
    if captured is None:
        return None
    return Sequencing.EXOME if captured else Sequencing.GENOME


def tool_option(step: StepName, help_text: str = "") -> Any:
    """The option of a step's tools."""
    names = [str(tool) for tool in tools_of(step)]

    def parse(name: str) -> Tool:
        if name not in names:
            raise typer.BadParameter(f"{name!r} is not one of {', '.join(names)}")
        return tool_named(name)

    return typer.Option(
        parser=parse,
        metavar=f"[{'|'.join(names)}]",
        autocompletion=lambda: names,
        help=help_text or None,
    )
