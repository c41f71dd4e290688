"""`seqstack cohort`: run the samples of a sheet, watch, stop and resume them."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePath
from typing import Annotated

import typer

from cli.client import RunQuery, new_key
from cli.cohort_sheet import sheet_sent
from cli.commands.cohort_query import query
from cli.commands.cost import cost as cost_of_runs
from cli.errors import CliError, ExitCode, interrupted, usage
from cli.gate_options import GateOption, qc_gates
from cli.options import number_option
from cli.output import print_json, print_line
from cli.reference_options import PaddingOption, SitesOption, TargetsOption
from cli.run_input import document_of, reference_of
from cli.screen.cohort_table import money_lines, print_cohort
from cli.session import Session, session_of
from cli.shapes import CohortDetail
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
    help="Run the samples of a sheet; watch, stop and resume them.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)

cohort.command()(query)

_Cohort = Annotated[str, typer.Argument(metavar="COHORT", show_default=False)]
_Watch = Annotated[
    bool,
    typer.Option(
        "--watch", "-w", help="Follow the cohort to its end; exit status 1 if a sample failed."
    ),
]
BudgetOption = Annotated[
    float | None,
    typer.Option(
        min=0.000001,
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
_SECONDS = 2.0
_MOST_SECONDS = 20.0
_AT_ONCE = 8  # requests for the runs of a report


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
        bool, typer.Option("--dry-run", help="Check everything, show the plan, start nothing.")
    ] = False,
    idempotency_key: IdempotencyKeyOption = "",
    watch: _Watch = False,
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
    _follow(session, started, to_the_end=watch or dry_run)


@cohort.command()
def status(context: typer.Context, name: _Cohort, *, watch: _Watch = False) -> None:
    """Show a cohort's plan and its samples by state.

    `seqstack list --cohort COHORT` lists its runs.
    """
    session = session_of(context)
    found = session.api.get_cohort(name)
    if watch:
        _follow(session, found, to_the_end=True)
    _show(session, found)


@cohort.command()
def stop(context: typer.Context, name: _Cohort) -> None:
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
    name: _Cohort,
    *,
    budget_usd: BudgetOption = None,
    idempotency_key: IdempotencyKeyOption = "",
    watch: _Watch = False,
) -> None:
    """Run what failed, or is new in the sheet; reuse the rest.

    The budget is that of the last time, if none is given.
    """
    session = session_of(context)
    changes = None if budget_usd is None else {"budgetUsd": budget_usd}
    started = session.api.resume_cohort(name, idempotency_key or new_key(), changes)
    _follow(session, started, to_the_end=watch)


@cohort.command()
def joint(
    context: typer.Context,
    name: _Cohort,
    *,
    min_samples: _MinSamples = None,
    idempotency_key: IdempotencyKeyOption = "",
    watch: _Watch = False,
) -> None:
    """Make one VCF of the samples that have succeeded.

    No sample is run, nor called again. The same samples are not merged twice.
    """
    session = session_of(context)
    wanted = {**_joint_of(min_samples), "only": True}
    started = session.api.resume_cohort(name, idempotency_key or new_key(), {"joint": wanted})
    _follow(session, started, to_the_end=watch)


@cohort.command()
def cost(context: typer.Context, name: _Cohort) -> None:
    """Show what a cohort's samples cost, and are estimated to cost yet, in US dollars."""
    session = session_of(context)
    found = session.api.get_cohort(name)
    cost_of_runs(context, cohort=name)
    for line in [] if session.options.json else money_lines(found):
        session.say(line)


@cohort.command()
def report(
    context: typer.Context,
    name: _Cohort,
    *,
    output: Annotated[
        Path | None, typer.Option(help="Folder for the files. Default: COHORT-report.")
    ] = None,
) -> None:
    """Write a table and a page of a cohort's samples.

    cohort.csv, cohort.json and cohort.html have each sample's outcome, cause, quality, cost and
    newest run, and name the samples whose quality is far from that of the others. By the samples'
    fingerprints, they and pairs.csv say who is related, and who is not as the sheet says.
    """
    from cli.cohort_report.files import as_document, write_report  # noqa: PLC0415 - --help needs none
    from cli.cohort_report.samples import newest, sample_result  # noqa: PLC0415 - as above
    from cli.relatedness.collecting import collect, relations  # noqa: PLC0415 - as above
    from cli.relatedness.expected import Person  # noqa: PLC0415 - as above
    from cli.transport import fetch  # noqa: PLC0415 - as above

    session = session_of(context)
    found = session.api.get_cohort(name)
    ids = newest(session.api.each_run(RunQuery(cohort=name)))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        runs = list(pool.map(session.api.get_run, ids))
    samples = sorted(map(sample_result, runs), key=lambda each: each.sample)
    tags = {sample_result(run).sample: run["tags"] for run in runs}
    ended = {each.sample: each.run_id for each in samples if each.metrics}
    who = relations(
        [Person.of(each.sample, tags[each.sample]) for each in samples],
        collect(ended, session.api.list_outputs, fetch),
    )
    files = write_report(found, samples, who, output or Path(f"{name}-report"))
    if session.options.json:
        print_json(as_document(found, samples, who))
        return
    for said in who.contradictions:
        session.say(said)
    for file in files:
        print_line(str(file))


def _joint_of(min_samples: float | None) -> dict[str, float | bool]:
    """The key `joint` of a cohort's input."""
    return {} if min_samples is None else {"minSamplesPercentage": min_samples}


def _name_of(sheet: str) -> str:
    stem = PurePath(sheet.removeprefix("s3://")).name.split(".")[0]
    if not re.fullmatch(NAME, stem):
        raise usage(f"{stem!r} can't be a cohort's name", "give one: --cohort NAME")
    return stem


def _follow(session: Session, started: CohortDetail, *, to_the_end: bool) -> None:
    """Wait for the check of the sheet, or for the end; the outcome is the exit status."""
    name, execution = started["cohortId"], started["execution"]
    session.say(f"Cohort {name}: the sheet is being checked ({execution}).")
    try:
        found = wait_for_cohort(session, name, execution, to_the_end=to_the_end)
    except KeyboardInterrupt:
        advice = (
            f"Look again: {session.options.command('cohort', 'status', name, '--watch')}",
            f"Stop it: {session.options.command('cohort', 'stop', name)}",
        )
        raise interrupted("The cohort continues.", advice) from None
    failure = found["failure"]
    if failure and failure["error"] == "InvalidCohortError":
        summary, *problems = failure["cause"].splitlines()
        raise CliError(ExitCode.USAGE, summary, "", problems)
    _show(session, found)
    if found["state"] == "RUNNING":
        session.say(f"Look: {session.options.command('cohort', 'status', name, '--watch')}")
    elif found["state"] != "SUCCEEDED":
        raise typer.Exit(ExitCode.FAILED)
    raise typer.Exit(ExitCode.OK)


def wait_for_cohort(
    session: Session,
    name: str,
    execution: str,
    *,
    to_the_end: bool,
    pause: Callable[[float], None] = time.sleep,
) -> CohortDetail:
    """The cohort, once its execution has ended, or without `to_the_end` once it has a plan."""
    seconds, last = _SECONDS, ""
    while True:
        found = session.api.get_cohort(name, execution)
        if found["state"] != "RUNNING" or (found["plan"] and not to_the_end):
            return found
        counts = ", ".join(f"{n} {state.lower()}" for state, n in sorted(found["samples"].items()))
        if counts and counts != last:
            session.say(f"Samples: {counts}")
            last = counts
        pause(seconds)
        seconds = min(seconds * 1.2, _MOST_SECONDS)


def _show(session: Session, found: CohortDetail) -> None:
    if session.options.json:
        print_json(found)
    else:
        print_cohort(session.console, found)
