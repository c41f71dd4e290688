"""Follow a run until it has ended, and ask again where the service does not answer."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from cli.client import ApiClient
from cli.errors import CliError, ExitCode, interrupted
from cli.output import print_json
from cli.screen.progress import RunProgress
from cli.screen.run_table import print_run
from cli.screen.views import RunView
from cli.session import Session
from cli.shapes.runs import RunDetail

_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.5, 10.0
_SHARE = 0.02  # of the run's age: a new run is polled often, an old one rarely
_WAITS = (5.0, 10.0, 20.0, 40.0, *[60.0] * 60)  # in seconds, while there is no answer: an hour


def answered[T](
    ask: Callable[[], T], say: Callable[[str], None], pause: Callable[[float], None] = time.sleep
) -> T:
    """The answer of the service, which is asked again for an hour if it gives none.

    Time in which this machine sleeps does not count.

    Raises:
        CliError: the service refuses, or has not answered for an hour.
    """
    for seconds in _WAITS:
        try:
            return ask()
        except CliError as error:
            if error.exit_code is not ExitCode.UNAVAILABLE:
                raise
            say(f"{error.message}; trying again in {seconds:g} s")
        pause(seconds)
    return ask()


def watch_run(
    api: ApiClient,
    run_id: str,
    show: Callable[[RunView], None],
    say: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
) -> RunDetail:
    """Show the run until it has ended; return its end.

    Raises:
        CliError: there is no such run, or no answer for an hour.
    """
    while True:
        run = answered(lambda: api.get_run(run_id), say, pause)
        view = RunView.of(run)
        show(view)
        if view.has_ended:
            return run
        age = view.seconds(datetime.now(UTC)) or 0.0
        pause(min(max(age * _SHARE, _SHORTEST_SECONDS), _LONGEST_SECONDS))


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
        raise interrupted("The run continues.", advice) from None
    view = RunView.of(detail)
    if session.options.json:
        print_json(detail)
    else:
        print_run(session.console, view)
    return ExitCode.OK if view.succeeded else ExitCode.FAILED
