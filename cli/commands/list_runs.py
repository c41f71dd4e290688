"""`seqstack list`: runs, newest first."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.text import Text

from cli.client import RunQuery
from cli.output import print_json
from cli.screen.tables import STYLES, new_table, print_table
from cli.screen.text import cost_text, duration_text, moment, moment_text
from cli.session import Session, session_of
from cli.shapes import RunPage, RunSummary


class State(StrEnum):
    """The states of a run."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    TIMED_OUT = "TIMED_OUT"


def list_runs(
    context: typer.Context,
    *,
    state: Annotated[
        State | None, typer.Option(case_sensitive=False, help="Runs in this state only.")
    ] = None,
    sample: Annotated[str, typer.Option(help="Runs of this sample only.")] = "",
    cohort: Annotated[str, typer.Option(help="Runs of this cohort only.")] = "",
    project: Annotated[str, typer.Option(help="Runs for this project only.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most runs to list.")] = 25,
    every: Annotated[bool, typer.Option("--all", help="List them all, however many.")] = False,
    next_token: Annotated[
        str, typer.Option(help="`nextToken` of an earlier list's JSON, to go on behind it.")
    ] = "",
) -> None:
    """List runs, newest first.

    A run appears seconds after its start, once its input has been checked.
    """
    session = session_of(context)
    query = RunQuery(state or "", sample, cohort, project)
    page = session.api.list_runs(query, None if every else limit, next_token)
    if session.options.json:
        print_json(page)
    else:
        _show(session, page)


def _show(session: Session, page: RunPage) -> None:
    console = session.console
    if not page["runs"]:
        session.say("There are no such runs.")
        return
    has_cost = any(run.get("costUsd") is not None for run in page["runs"])
    columns = ["run", "sample", "state", "started", "time", *(["cost"] if has_cost else [])]
    table = new_table(console, *columns, right=("time", "cost"))
    for run in page["runs"]:
        cells: list[RenderableType] = [
            run["runId"],
            run["sampleId"] or "",
            Text(run["state"], STYLES[run["state"]]),
            moment_text(run["startedAt"]),
            duration_text(_seconds(run)),
        ]
        table.add_row(*cells, *([cost_text(run.get("costUsd"))] if has_cost else []))
    print_table(console, table)
    if page["nextToken"]:
        session.say("There are more: raise --limit, or give --all.")


def _seconds(run: RunSummary) -> float | None:
    if run["endedAt"] is None:
        return None
    return (moment(run["endedAt"]) - moment(run["startedAt"])).total_seconds()
