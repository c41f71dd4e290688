"""What ends a command early: the exit status, what happened, and what to do about it."""

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """An exit status. 2 is also what Typer gives for options that it can't take."""

    OK = 0
    FAILED = 1  # a run that was watched did not succeed, or a check of `doctor` failed
    USAGE = 2  # options or input that can't be used; nothing was started
    NOT_FOUND = 3  # no such run, step, reference, stack, or emulator
    NO_ACCESS = 4  # no credentials, or they may not do this
    UNAVAILABLE = 5  # no answer from AWS or the API, or an error of theirs
    CONFLICT = 6  # the run is not in a state for this, the reference in use, the key used before
    INTERRUPTED = 130  # Ctrl-C; as shells have it: 128 + SIGINT


class CliError(Exception):
    """Ends the command with `exit_code`.

    `message` says what happened, `cure` what to do; `details` holds more lines, such as one for
    each field of an input that can't be used.
    """

    def __init__(
        self, exit_code: ExitCode, message: str, cure: str = "", details: Sequence[str] = ()
    ) -> None:
        self.exit_code = exit_code
        self.message = message
        self.cure = cure
        self.details = tuple(details)
        super().__init__(message)


def interrupted(message: str, advice: Sequence[str] = ()) -> CliError:
    """Ctrl-C: what goes on, or was not begun."""
    return CliError(ExitCode.INTERRUPTED, message, details=advice)


def usage(message: str, cure: str = "", details: Sequence[str] = ()) -> CliError:
    """Options or input that can't be used."""
    return CliError(ExitCode.USAGE, message, cure, details)


def not_found(message: str, cure: str = "") -> CliError:
    """What was asked for is not there."""
    return CliError(ExitCode.NOT_FOUND, message, cure)


def no_access(message: str, cure: str = "") -> CliError:
    """Nobody, or somebody who may not."""
    return CliError(ExitCode.NO_ACCESS, message, cure)


def unavailable(message: str, cure: str = "") -> CliError:
    """A service that does not answer as it should."""
    return CliError(ExitCode.UNAVAILABLE, message, cure)
