"""`seqstack cost`: what a run cost by its jobs, or what many cost together."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.client import RunQuery
from cli.costs import Bill, By, finer_than, started_within
from cli.errors import usage
from cli.output import print_json
from cli.screen.cost_tables import print_bill, print_run_cost
from cli.session import Session, session_of

_RECONCILE = "reconcile"
_TIMES = [
    *("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"),
    "%Y-%m-%dT%H:%M:%S.%f%z",  # the API's key
]


def cost(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN|reconcile]",
            help="A run's id, or `reconcile` with the files of a bill. Default: many runs.",
            show_default=False,
        ),
    ] = "",
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Exports of AWS's bill, for `reconcile`."),
    ] = None,
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

    `reconcile FILE...` compares the ledger's costs with Cost and Usage Report exports (Parquet or
    CSV), and shares out what the ledger does not charge, so that the sum meets the bill.
    """
    session = session_of(context)
    reconcile = session.options.command("cost", _RECONCILE)
    if run == _RECONCILE:
        if not files or any((sample, cohort, project)):
            raise usage(
                "a bill is reconciled with all runs of its period",
                f"{reconcile} FILE... [--since TIME] [--until TIME] [--by project]",
            )
        _reconcile(session, files, since, until, by or By.PROJECT)
        return
    if files:
        raise usage(f"{files[0]} is one argument too many", f"{reconcile} FILE...")
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


def _reconcile(
    session: Session, files: Iterable[Path], since: datetime | None, until: datetime | None, by: By
) -> None:
    """Compare the bill's lines of a period, by default of all, with the runs that started in it."""
    from cli.bill.lines import bill_lines, given_twice  # noqa: PLC0415 - other costs need none
    from cli.bill.reconciling import reconcile, reconciliation_document  # noqa: PLC0415 - as above
    from cli.screen.bill_table import print_reconciliation  # noqa: PLC0415 - as above

    if by is By.STEP:
        raise usage("a bill is not shared out by step", "--by run, sample, cohort or project")
    given = list(files)
    if twice := given_twice(given):
        raise usage(f"{twice} has the content of another file, and would count twice", "give one")
    begin, end = (each.astimezone() if each else None for each in (since, until))
    lines = [
        line
        for file in given
        for line in bill_lines(file)
        if (begin is None or line.start >= begin) and (end is None or line.start < end)
    ]
    if not lines:
        raise usage("the bill has no line of this period", "give other files, or another period")
    first = begin or min(line.start for line in lines)
    last = end or max(line.end for line in lines)
    found = reconcile(
        lines, list(started_within(session.api.each_run(RunQuery()), first, last)), by
    )
    if session.options.json:
        print_json(reconciliation_document(found, by))
    else:
        print_reconciliation(session.console, found, by)


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
