"""`seqstack resume`: resume a run that failed or was stopped."""

from typing import Annotated

import typer

from cli.client import new_key
from cli.output import print_json, print_line
from cli.session import session_of
from cli.shapes import ResumedRun
from cli.watch import follow


def resume(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    *,
    idempotency_key: Annotated[
        str, typer.Option(metavar="TEXT", help="Repetitions with the same key resume it only once.")
    ] = "",
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Follow the run to its end; exit status 1 if it failed."
        ),
    ] = False,
) -> None:
    """Resume a run that ended without success.

    A stopped run is redriven if AWS allows it. For any other, a new run is started with the same
    input; it reuses every finished step.
    """
    session = session_of(context)
    resumed = session.api.resume_run(run, idempotency_key or new_key())
    if watch:
        session.say(_told(resumed))
        raise typer.Exit(follow(session, resumed["runId"]))
    if session.options.json:
        print_json(resumed)
    else:
        print_line(_told(resumed))
        print_line(f"Look: {session.options.command('status', resumed['runId'], '--watch')}")


def _told(resumed: ResumedRun) -> str:
    if resumed["how"] == "REDRIVEN":
        return f"Run {resumed['runId']} continues."
    return f"Run {resumed['runId']} has started in place of {resumed['resumedFrom']}."
