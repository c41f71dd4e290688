"""Follow a run on the terminal until it has ended: `status --watch` and `run --watch`."""

from cli.errors import interrupted
from cli.exit_codes import ExitCode
from cli.output import print_json
from cli.screen.progress import RunProgress
from cli.screen.run_table import print_failure, print_run
from cli.screen.views import RunView
from cli.session import Session
from cli.watch import watch_run


def follow(session: Session, run_id: str) -> ExitCode:
    """Show the run until it has ended, then its end; with --json, only its end.

    Raises:
        CliError: Ctrl-C, which leaves the run alone.
    """
    try:
        if session.options.json:
            detail = watch_run(session.api, run_id, lambda _: None, session.say)
        else:
            with RunProgress(session.console) as progress:
                detail = watch_run(session.api, run_id, progress.show, progress.say)
    except KeyboardInterrupt:
        look = session.options.command("status", run_id, "--watch")
        stop = session.options.command("stop", run_id)
        advice = (f"Look again: {look}", f"Stop it: {stop}")
        raise interrupted("The run goes on.", advice) from None
    view = RunView.of(detail)
    if session.options.json:
        print_json(detail)
    else:
        print_run(session.console, view)
        print_failure(session.console, view)
    return ExitCode.OK if view.succeeded else ExitCode.FAILED
