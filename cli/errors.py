"""Errors that end a command: exit status, message and hint."""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class ExitCode(IntEnum):
    """An exit status. Typer also uses 2 for invalid options."""

    OK = 0
    FAILED = 1  # a watched run or a check of `doctor` failed, or a disk of this machine is full
    USAGE = 2  # options or input that can't be used; nothing was started
    NOT_FOUND = 3  # no such run, step, reference, stack, or emulator
    NO_ACCESS = 4  # no credentials, or no permission
    UNAVAILABLE = 5  # no answer from AWS or the API, or a server error
    CONFLICT = 6  # not possible in the run's state, the reference is in use, or the key was used
    INTERRUPTED = 130  # Ctrl-C; as in shells: 128 + SIGINT


class CliError(Exception):
    """Ends the command with `exit_code`.

    `message` says what happened, `hint` what to do; `details` holds more lines, such as one for
    each field of an input that can't be used.
    """

    def __init__(
        self, exit_code: ExitCode, message: str, hint: str = "", details: Sequence[str] = ()
    ) -> None:
        self.exit_code = exit_code
        self.message = message
        self.hint = hint
        self.details = tuple(details)
        super().__init__(message)


def interrupted(message: str, advice: Sequence[str] = ()) -> CliError:
    """The error for Ctrl-C; the message says what is still running or was not started."""
    return CliError(ExitCode.INTERRUPTED, message, details=advice)


def usage(message: str, hint: str = "", details: Sequence[str] = ()) -> CliError:
    """Invalid options or input."""
    return CliError(ExitCode.USAGE, message, hint, details)


def not_found(message: str, hint: str = "") -> CliError:
    """Something does not exist."""
    return CliError(ExitCode.NOT_FOUND, message, hint)


def no_access(message: str, hint: str = "") -> CliError:
    """No credentials, or no permission."""
    return CliError(ExitCode.NO_ACCESS, message, hint)


def unavailable(message: str, hint: str = "") -> CliError:
    """A service that does not answer correctly."""
    return CliError(ExitCode.UNAVAILABLE, message, hint)


@contextmanager
def writing(file: Path, then: str = "run the command again") -> Iterator[None]:
    """Name the file in an error of writing it, which Python itself does of opening it only.

    Raises:
        CliError: its disk is full, or the user's quota is used up; `then` follows in the hint.
        OSError: anything else, with the file's name.
    """
    try:
        yield
    except OSError as error:
        if is_full(error):
            message = f"{file} can't be written: {error.strerror}"
            raise CliError(ExitCode.FAILED, message, f"free space there, and {then}") from error
        error.filename = error.filename or str(file)
        raise


def is_full(error: OSError) -> bool:
    """True if there was no space left for a file."""
    return error.errno in _FULL


def without_extra(what_needs: str, missing: ModuleNotFoundError) -> CliError:
    """The error where a package of the extra `query` is not installed."""
    return usage(
        f"{what_needs} the package {missing.name}",
        "install it: `uv tool install '.[query]'` in the project's folder, or "
        "`pip install duckdb sqlglot`",
    )
