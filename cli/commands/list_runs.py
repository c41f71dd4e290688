"""`seqstack list`: runs, newest first."""

import time
from collections.abc import Callable
from typing import Annotated

import typer
from rich.table import Table

from cli.client import RunQuery
from cli.costs import known_usd
from cli.options import number_option
from cli.output import print_json
from cli.screen.progress import RunsProgress
from cli.screen.tables import fitting_table, new_table, print_table, shorten_ids
from cli.screen.text import cost_text, duration_text, moment, moment_text
from cli.session import Session, session_of
from cli.shapes.runs import RunPage, RunSummary
from cli.watch import answered
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME

# The first is dropped first on a narrow terminal; most run ids contain the start time.
_DISPENSABLE = ("cohort", "project", "workflow", "started", "time", "cost")
_SECONDS = 5.0  # between two looks


AllOption = Annotated[bool, typer.Option("--all", help="List all.")]
NextTokenOption = Annotated[
    str, typer.Option(help="`nextToken` of an earlier list's JSON, to continue after it.")
]


def list_runs(
    context: typer.Context,
    *,
    state: Annotated[
        RunState | None, typer.Option(case_sensitive=False, help="Runs in this state only.")
    ] = None,
    sample: Annotated[str, typer.Option(help="Runs of this sample only.")] = "",
    cohort: Annotated[str, typer.Option(help="Runs of this cohort only.")] = "",
    project: Annotated[str, typer.Option(help="Runs of this project only.")] = "",
    limit: Annotated[int, number_option(low=1, help="Maximum number of runs to list.")] = 25,
    every: AllOption = False,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Follow the list until none of its runs runs.")
    ] = False,
    next_token: NextTokenOption = "",
) -> None:
    """List runs, newest first.

    A run appears seconds after its start, once its input has been checked. On a narrow terminal,
    long ids are abbreviated; every command takes the beginning of an id.
    """
    session = session_of(context)
    query = RunQuery(state or "", sample, cohort, project)

    def look() -> RunPage:
        return session.api.list_runs(query, None if every else limit, next_token)

    page = _follow(session, look) if watch else look()
    if session.options.json:
        print_json(page)
    else:
        _show(session, page)


def _follow(
    session: Session, look: Callable[[], RunPage], pause: Callable[[float], None] = time.sleep
) -> RunPage:
    """Show the list until none of its runs is running, or until Ctrl-C; the last look."""
    page = look()
    with RunsProgress(session.console, lambda: _table(session, page)) as progress:
        say = session.say if session.options.json else progress.say
        try:
            while any(run["state"] == RunState.RUNNING for run in page["runs"]):
                if not session.options.json:
                    progress.tell({run["runId"]: run["state"] for run in page["runs"]})
                pause(_SECONDS)
                page = answered(look, say, pause)
        except KeyboardInterrupt:
            session.say("The runs continue.")
    return page


def _show(session: Session, page: RunPage) -> None:
    if not page["runs"]:
        session.say("There are no such runs.")
        return
    print_table(session.console, _table(session, page))
    if page["nextToken"]:
        session.say("There are more: raise --limit, or give --all.")


def _table(session: Session, page: RunPage) -> Table:
    runs = page["runs"]
    with_workflow = any(run["workflow"] != SECONDARY_ANALYSIS_NAME for run in runs)
    rows = [_cells(run, with_workflow=with_workflow) for run in runs]
    if not rows:
        return new_table(session.console)
    shorten_ids(session.console, rows, "run")
    return fitting_table(session.console, rows, _DISPENSABLE, right=("time", "cost"))


def _cells(run: RunSummary, *, with_workflow: bool) -> dict[str, str]:
    """A row; if a run has another workflow, all rows show the workflow."""
    return {
        "run": run["runId"],
        **({"workflow": run["workflow"]} if with_workflow else {}),
        "of" if with_workflow else "sample": run["sampleId"] or run["subject"] or "",
        "cohort": run["cohortId"] or "",
        "project": run["project"] or "",
        "state": run["state"],
        "started": moment_text(run["startedAt"]),
        "time": duration_text(_seconds(run)),
        "cost": cost_text(known_usd(run)),
    }


def _seconds(run: RunSummary) -> float | None:
    if run["endedAt"] is None:
        return None
    return (moment(run["endedAt"]) - moment(run["startedAt"])).total_seconds()
