"""`seqstack cost`: what a run cost by its jobs, or what many cost together."""

from datetime import datetime
from typing import Annotated

import typer

from cli.client import RunQuery
from cli.costs import Bill, By, finer_than, started_within
from cli.errors import usage
from cli.output import print_json
from cli.screen.cost_tables import print_bill, print_run_cost
from cli.session import session_of

_TIMES = [
    *("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"),
    "%Y-%m-%dT%H:%M:%S.%f%z",  # the API's key
]


def cost(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run's id. Default: many runs.")] = "",
    *,
    sample: Annotated[str, typer.Option(help="Runs of this sample only.")] = "",
    cohort: Annotated[str, typer.Option(help="Runs of this cohort only.")] = "",
    project: Annotated[str, typer.Option(help="Runs of this project only.")] = "",
    since: Annotated[
        datetime | None,
        typer.Option(formats=_TIMES, metavar="TIME", help="Runs started at this time or later."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=_TIMES, metavar="TIME", help="Runs started before this time."),
    ] = None,
    by: Annotated[
        By | None,
        typer.Option(help="Total by this. Default: project; within a project, cohort; and so on."),
    ] = None,
) -> None:
    """Show what runs cost, in US dollars.

    For one run, every attempt of its jobs with its host; for many, totals. Costs of jobs are known
    minutes after they end. A time is a day or has seconds, `2026-01-31` or `2026-01-31T08:00:00`,
    and is local unless `Z` or an offset (`+01:00`) follows.
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
    runs = list(started_within(session.api.each_run(query), since, until))
    bill = Bill.of(runs, by or finer_than(query))
    if session.options.json:
        print_json(_document(bill))
    elif not runs:
        session.say("There are no such runs.")
    else:
        print_bill(session.console, bill)


def _document(bill: Bill) -> dict[str, object]:
    return {
        "by": bill.by,
        "totals": [
            {bill.by: total.key or None, "runs": total.runs, "costUsd": total.cost_usd}
            for total in bill.totals
        ],
        "runs": bill.whole.runs,
        "costUsd": bill.whole.cost_usd,
        "unpricedAttempts": bill.unpriced_attempts,
        "openRuns": bill.open_runs,
    }
