"""The commands of `seqstack cohort` that look: list, status, cost, report."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from cli.client import CohortQuery, RunQuery
from cli.commands.cost import cost as cost_of_runs
from cli.commands.list_runs import AllOption, NextTokenOption
from cli.errors import CliError, ExitCode, interrupted
from cli.options import number_option
from cli.output import print_json, print_line
from cli.screen.cohort_table import money_lines, print_cohort
from cli.screen.tables import fitting_table, print_table
from cli.screen.text import duration_text, moment, moment_text
from cli.session import Session, session_of
from cli.shapes.cohorts import CohortDetail, CohortPage, CohortSummary
from cli.watch import answered
from seqstack.domain.words import CohortState

CohortName = Annotated[str, typer.Argument(metavar="COHORT", show_default=False)]
WatchOption = Annotated[
    bool,
    typer.Option(
        "--watch", "-w", help="Follow the cohort to its end; exit status 1 if a sample failed."
    ),
]
_SECONDS = 2.0
_MOST_SECONDS = 20.0
_AT_ONCE = 8  # requests for the runs of a report
_DISPENSABLE = ("sheet", "project", "samples", "time", "started")  # on a narrow terminal


def list_cohorts(
    context: typer.Context,
    *,
    state: Annotated[
        CohortState | None, typer.Option(case_sensitive=False, help="Cohorts in this state only.")
    ] = None,
    project: Annotated[str, typer.Option(help="Cohorts of this project only.")] = "",
    limit: Annotated[int, number_option(low=1, help="Maximum number of cohorts to list.")] = 25,
    every: AllOption = False,
    next_token: NextTokenOption = "",
) -> None:
    """List cohorts, newest first, with their last executions.

    They are in the order of their first executions. Dry runs are not listed, and neither are
    cohorts that only runs name.
    """
    session = session_of(context)
    query = CohortQuery(state or "", project)
    page = session.api.list_cohorts(query, None if every else limit, next_token)
    if session.options.json:
        print_json(page)
    elif not page["cohorts"]:
        session.say("There are no such cohorts.")
    else:
        _print_page(session, page)
        if page["nextToken"]:
            session.say("There are more: raise --limit, or give --all.")


def status(context: typer.Context, name: CohortName, *, watch: WatchOption = False) -> None:
    """Show a cohort's plan and its samples by state.

    `seqstack list --cohort COHORT` lists its runs.
    """
    session = session_of(context)
    found = session.api.get_cohort(name)
    if watch:
        follow(session, found, to_the_end=True)
    show(session, found)


def cost(context: typer.Context, name: CohortName) -> None:
    """Show what a cohort's samples cost, and are estimated to cost yet, in US dollars."""
    session = session_of(context)
    found = session.api.get_cohort(name)
    cost_of_runs(context, cohort=name)
    for line in [] if session.options.json else money_lines(found, below_bill=True):
        session.say(line)


def report(
    context: typer.Context,
    name: CohortName,
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
    for said in filter(None, [*who.mixtures, *who.contradictions, who.not_told]):
        session.say(said)
    for file in files:
        print_line(str(file))


def follow(session: Session, started: CohortDetail, *, to_the_end: bool) -> None:
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
    show(session, found)
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
    """The cohort, once its execution has ended, or without `to_the_end` once it has a plan.

    Raises:
        CliError: there is no such cohort, or no answer for an hour.
    """
    seconds, last = _SECONDS, ""
    while True:
        found = answered(lambda: session.api.get_cohort(name, execution), session.say, pause)
        if found["state"] != "RUNNING" or (found["plan"] and not to_the_end):
            return found
        counts = ", ".join(f"{n} {state.lower()}" for state, n in sorted(found["samples"].items()))
        if counts and counts != last:
            session.say(f"Samples: {counts}")
            last = counts
        pause(seconds)
        seconds = min(seconds * 1.2, _MOST_SECONDS)


def show(session: Session, found: CohortDetail) -> None:
    """Print a cohort."""
    if session.options.json:
        print_json(found)
    else:
        print_cohort(session.console, found, session.options.command)


def _print_page(session: Session, page: CohortPage) -> None:
    rows = [_cells(each) for each in page["cohorts"]]
    table = fitting_table(session.console, rows, _DISPENSABLE, right=("samples", "time"))
    print_table(session.console, table)


def _cells(each: CohortSummary) -> dict[str, str]:
    started, ended = each["startedAt"], each["endedAt"]
    seconds = (moment(ended) - moment(started)).total_seconds() if ended else None
    return {
        "cohort": each["cohortId"],
        "project": each["project"] or "",
        "state": each["state"],
        "samples": str(each["plan"]["samples"]) if each["plan"] else "",
        "started": moment_text(started),
        "time": duration_text(seconds),
        "sheet": each["sheetS3Path"],
    }
