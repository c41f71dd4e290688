"""`seqstack status`: a run's state, once or until it has ended."""

from typing import Annotated

import typer

from cli.output import print_json
from cli.screen.run_table import print_run
from cli.screen.views import RunView
from cli.session import session_of
from cli.watch import follow


def status(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    *,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Follow the run until it has ended; exit status 1 if it failed."
        ),
    ] = False,
) -> None:
    """Show a run's state and steps.

    Shows each step's state, attempts and cost so far.
    """
    session = session_of(context)
    if watch:
        raise typer.Exit(follow(session, run))
    detail = session.api.get_run(run)
    if session.options.json:
        print_json(detail)
        return
    view = RunView.of(detail)
    print_run(session.console, view)
