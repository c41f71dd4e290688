"""What ends a command early: what happened, and what to do about it."""

from collections.abc import Sequence

from cli.exit_codes import ExitCode


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
