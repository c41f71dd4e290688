"""`seqstack status`: a run's or cohort's state, once or until it has ended."""

from typing import Annotated

import typer

from cli.commands.cohort_looking import status as status_of_cohort
from cli.errors import usage
from cli.output import print_json
from cli.screen.run_table import print_run
from cli.screen.views import RunView
from cli.session import session_of
from cli.watch import follow


def status(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)] = "",
    *,
    cohort: Annotated[str, typer.Option(help="A cohort, in place of one run.")] = "",
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Follow it until it has ended; exit status 1 if it failed."
        ),
    ] = False,
) -> None:
    """Show a run's state and steps.

    Shows why it failed, and each step's state, attempts and cost so far. With --cohort, a cohort's
    plan and its samples by state.
    """
    if bool(run) == bool(cohort):
        raise usage("status is of a run or of a cohort", "give RUN, or --cohort NAME")
    if cohort:
        status_of_cohort(context, cohort, watch=watch)
        return
    session = session_of(context)
    if watch:
        raise typer.Exit(follow(session, run))
    detail = session.api.get_run(run)
    if session.options.json:
        print_json(detail)
        return
    view = RunView.of(detail)
    print_run(session.console, view)
