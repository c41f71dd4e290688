"""`seqstack cost`: what a run cost by its jobs, or what many cost together."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import takewhile
from typing import Annotated

import typer

from cli.client import ApiClient, RunQuery
from cli.costs import By, Item, Total, run_items, step_items, total_of, totals
from cli.errors import usage
from cli.output import print_json
from cli.screen.cost_tables import print_run_cost, print_totals
from cli.screen.text import moment
from cli.session import Session, session_of
from cli.shapes import RunSummary

_AT_ONCE = 8
_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def cost(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run's id. Default: many runs.")] = "",
    *,
    sample: Annotated[str, typer.Option(help="Runs of this sample only.")] = "",
    cohort: Annotated[str, typer.Option(help="Runs of this cohort only.")] = "",
    project: Annotated[str, typer.Option(help="Runs for this project only.")] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Runs started at this time or later.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Runs started before this time.")
    ] = None,
    by: Annotated[
        By | None,
        typer.Option(help="Add up by this. Default: project; of one of those, cohort; and so on."),
    ] = None,
) -> None:
    """Show what runs cost, in US dollars.

    Of one run, every attempt of its jobs with what it ran on; of many, totals. Jobs are accounted
    for minutes after they end.
    """
    session = session_of(context)
    if run:
        if any((sample, cohort, project, since, until, by)):
            raise usage(
                "RUN is one run, and the other options choose many", "give one or the other"
            )
        detail = session.api.get_run(run)
        if session.options.json:
            print_json(detail)
        else:
            print_run_cost(session.console, detail)
        return
    query = RunQuery(sample=sample, cohort=cohort, project=project)
    by = by or _finer_than(query)
    runs = _started_within(session.api.each_run(query), since, until)
    _tell(session, by, list(_items(session.api, runs, by)))


def _finer_than(query: RunQuery) -> By:
    if query.sample:
        return By.RUN
    if query.cohort:
        return By.SAMPLE
    return By.COHORT if query.project else By.PROJECT


def _started_within(
    runs: Iterable[RunSummary], since: datetime | None, until: datetime | None
) -> Iterator[RunSummary]:
    """Of runs that come newest first; times without a zone are this machine's."""
    if until is not None:
        end = until.astimezone()
        runs = (run for run in runs if moment(run["startedAt"]) < end)
    if since is not None:
        begin = since.astimezone()
        runs = takewhile(lambda run: moment(run["startedAt"]) >= begin, runs)
    return iter(runs)


def _items(api: ApiClient, runs: Iterable[RunSummary], by: By) -> Iterator[Item]:
    if by is not By.STEP:
        yield from run_items(runs, by)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for detail in pool.map(api.get_run, [run["runId"] for run in runs]):
            yield from step_items(detail)


def _tell(session: Session, by: By, items: list[Item]) -> None:
    found, whole = totals(items), total_of("", items)
    if session.options.json:
        lines = [{by: total.key or None, **_document(total)} for total in found]
        print_json({"by": by, "totals": lines, "total": _document(whole)})
    elif not items:
        session.say("There are no such runs.")
    else:
        print_totals(session.console, by, found, whole)


def _document(total: Total) -> dict[str, int | float]:
    return {
        "runs": total.runs,
        "costUsd": total.cost_usd,
        "unpricedAttempts": total.unpriced_attempts,
    }
