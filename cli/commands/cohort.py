"""`seqstack cohort`: run the samples of a sheet, stop and resume them."""

import re
from pathlib import PurePath
from typing import Annotated

import typer

from cli.client import new_key
from cli.cohort_sheet import sheet_sent
from cli.commands import cohort_looking
from cli.commands.cohort_looking import CohortName, WatchOption, follow
from cli.commands.cohort_query import query
from cli.errors import usage
from cli.gate_options import GateOption, qc_gates
from cli.options import number_option
from cli.output import print_json, print_line
from cli.reference_options import PaddingOption, SitesOption, TargetsOption
from cli.run_input import document_of, reference_of
from cli.session import session_of
from cli.starting import IdempotencyKeyOption
from cli.tool_choice import (
    CapturedOption,
    CramOption,
    FastpArgsOption,
    PartsOption,
    TrimOption,
    parts_of,
    sequencing_of,
    tool_option,
    trimming_keys,
)
from seqstack.domain.cohorts import NAME
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool

cohort = typer.Typer(
    name="cohort",
    help="Run the samples of a sheet; list, watch, stop and resume cohorts.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


BudgetOption = Annotated[
    float | None,
    typer.Option(
        min=0.000001,
        max=100_000_000,
        metavar="USD",
        help="Start no further sample once the cohort's runs have cost this.",
    ),
]
_MinSamples = Annotated[
    float | None,
    typer.Option(
        "--min-samples",
        min=0,
        max=100,
        metavar="PERCENT",
        help="Of the samples that must have succeeded for a joint VCF. Default: 100.",
    ),
]
_OF_ONE_SAMPLE = {"sampleId": "x", "readsS3Path": ["s3://x"]}  # what the sheet has


@cohort.command()
def run(
    context: typer.Context,
    sheet: Annotated[
        str,
        typer.Argument(
            metavar="SHEET", help="CSV or JSON lines: a file, or an S3 URI.", show_default=False
        ),
    ],
    *,
    name: Annotated[
        str, typer.Option("--cohort", help="The cohort's name. Default: the sheet's name.")
    ] = "",
    input_file: Annotated[
        str,
        typer.Option(
            "--input",
            "-i",
            metavar="FILE",
            help="What all runs share, in JSON; `-`: standard input.",
        ),
    ] = "",
    reference: Annotated[
        str,
        typer.Option(
            metavar="FILE|NAME",
            help="Reference FASTA, with its indexes beside it; or a prepared reference.",
        ),
    ] = "",
    annotation: Annotated[str, typer.Option(metavar="FILE", help="Genes in GFF3 or GTF.")] = "",
    targets: TargetsOption = "",
    target_padding: PaddingOption = None,
    sites: SitesOption = "",
    results: Annotated[
        str, typer.Option(metavar="S3URI", help="Folder for the results of all samples.")
    ] = "",
    aligner: Annotated[Tool | None, tool_option(Step.ALIGN, "Default: bwa.")] = None,
    caller: Annotated[Tool | None, tool_option(Step.CALL_VARIANTS, "Default: strelka.")] = None,
    captured: CapturedOption = None,
    cram: CramOption = None,
    parts: PartsOption = None,
    trim: TrimOption = None,
    fastp_args: FastpArgsOption = "",
    gate: GateOption = None,
    project: Annotated[str, typer.Option(help="Whom the cost is for.")] = "",
    submitter: Annotated[
        str, typer.Option(help="Who submits the runs, for fair sharing of the hosts.")
    ] = "",
    max_concurrency: Annotated[
        int | None,
        number_option(low=1, high=10_000, help="Samples that run at once. Default: the stack's."),
    ] = None,
    tolerated_failures: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=100,
            metavar="PERCENT",
            help="Stop the others if a larger share fails. Default: the stack's.",
        ),
    ] = None,
    budget_usd: BudgetOption = None,
    joint: Annotated[
        bool, typer.Option("--joint", help="Then make one VCF of all samples.")
    ] = False,
    min_samples: _MinSamples = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Check everything, show the plan, start nothing; reads are in S3."
        ),
    ] = False,
    idempotency_key: IdempotencyKeyOption = "",
    watch: WatchOption = False,
) -> None:
    """Check a sheet, and run its samples.

    Nothing starts before the whole sheet is found to be good. Samples that this cohort has run
    with the same content are not run again.
    """
    if min_samples is not None and not joint:
        raise usage("--min-samples is of a joint VCF", "ask for one: --joint")
    session = session_of(context)
    given = document_of(
        input_file,
        {
            **_OF_ONE_SAMPLE,
            **(reference_of(reference) if reference else {}),
            "annotationS3Path": annotation,
            "targetRegionsS3Path": targets,
            "targetPadding": target_padding,
            "sitesS3Path": sites,
            "resultsS3Path": results,
            "sequencing": sequencing_of(captured),
            "alignmentFormat": "cram" if cram else None,
            "alignInParts": parts_of(parts),
            **trimming_keys(trim, fastp_args),
            "qcGates": qc_gates(gate or ()) or None,
            "project": project,
            "submitter": submitter,
        },
        aligner,
        caller,
    )
    shared = {key: value for key, value in given.items() if key not in _OF_ONE_SAMPLE}
    cohort_id = name or _name_of(sheet)
    uri, shared = sheet_sent(session, sheet, shared, is_dry_run=dry_run)
    options = {
        "maxConcurrency": max_concurrency,
        "toleratedFailurePercentage": tolerated_failures,
        "budgetUsd": budget_usd,
        "dryRun": dry_run or None,
        "joint": _joint_of(min_samples) if joint else None,
    }
    document = {
        "cohortId": cohort_id,
        "sheetS3Path": uri,
        "run": shared,
        **{key: value for key, value in options.items() if value is not None},
    }
    started = session.api.start_cohort(document, idempotency_key or new_key())
    follow(session, started, to_the_end=watch or dry_run)


@cohort.command()
def stop(context: typer.Context, name: CohortName) -> None:
    """Stop a cohort and its runs.

    What has succeeded stays; `resume` runs the rest.
    """
    session = session_of(context)
    stopped = session.api.stop_cohort(name)
    if session.options.json:
        print_json(stopped)
    else:
        print_line(f"Cohort {name} is stopped; its jobs end within seconds.")


@cohort.command()
def resume(
    context: typer.Context,
    name: CohortName,
    *,
    budget_usd: BudgetOption = None,
    idempotency_key: IdempotencyKeyOption = "",
    watch: WatchOption = False,
) -> None:
    """Run what failed, or is new in the sheet; reuse the rest.

    The budget is that of the last time, if none is given.
    """
    session = session_of(context)
    changes = None if budget_usd is None else {"budgetUsd": budget_usd}
    started = session.api.resume_cohort(name, idempotency_key or new_key(), changes)
    follow(session, started, to_the_end=watch)


@cohort.command()
def joint(
    context: typer.Context,
    name: CohortName,
    *,
    min_samples: _MinSamples = None,
    idempotency_key: IdempotencyKeyOption = "",
    watch: WatchOption = False,
) -> None:
    """Make one VCF of the samples that have succeeded.

    No sample is run, nor called again. The same samples are not merged twice.
    """
    session = session_of(context)
    wanted = {**_joint_of(min_samples), "only": True}
    started = session.api.resume_cohort(name, idempotency_key or new_key(), {"joint": wanted})
    follow(session, started, to_the_end=watch)


def _joint_of(min_samples: float | None) -> dict[str, float | bool]:
    """The key `joint` of a cohort's input."""
    return {} if min_samples is None else {"minSamplesPercentage": min_samples}


def _name_of(sheet: str) -> str:
    stem = PurePath(sheet.removeprefix("s3://")).name.split(".")[0]
    if not re.fullmatch(NAME, stem):
        raise usage(f"{stem!r} can't be a cohort's name", "give one: --cohort NAME")
    return stem


cohort.command("list")(cohort_looking.list_cohorts)
for _command in (cohort_looking.status, cohort_looking.cost, cohort_looking.report, query):
    cohort.command()(_command)
