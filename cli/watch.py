"""Look at a run again and again until it has ended."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from cli.client import ApiClient
from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.screen.views import RunView
from cli.shapes import RunDetail

_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.5, 10.0
_SHARE = 0.02  # of the run's age: a young run is watched closely, an old one cheaply
_MOST_FAILURES = 10


def watch_run(
    api: ApiClient,
    run_id: str,
    show: Callable[[RunView], None],
    say: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
) -> RunDetail:
    """Show the run until it has ended; return its end.

    A service that does not answer for a while is borne with: the run does not depend on us.

    Raises:
        CliError: there is no such run, or the service is gone for good.
    """
    failures = 0
    while True:
        try:
            run = api.get_run(run_id)
        except CliError as error:
            failures += 1
            if error.exit_code is not ExitCode.UNAVAILABLE or failures > _MOST_FAILURES:
                raise
            say(f"{error.message}; trying again")
            pause(_LONGEST_SECONDS)
            continue
        failures = 0
        view = RunView.of(run)
        show(view)
        if view.has_ended:
            return run
        age = view.seconds(datetime.now(UTC)) or 0.0
        pause(min(max(age * _SHARE, _SHORTEST_SECONDS), _LONGEST_SECONDS))
