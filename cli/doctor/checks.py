"""Results of checks, with hints."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cli.errors import CliError, ExitCode
from cli.session import Session


class Health(StrEnum):
    """The result of a check."""

    OK = "OK"
    WARNING = "WARNING"  # runs work, but not as well as they could
    FAILED = "FAILED"  # runs will fail, or can't be started
    SKIPPED = "SKIPPED"  # there is nothing to check


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check; `hint` says what to do, if anything."""

    name: str
    health: Health
    detail: str
    hint: str = ""


type Look = Callable[[Session], Iterable[Check]]


def checked(name: str, look: Look, session: Session) -> Iterator[Check]:
    """The checks of `look`; an error becomes a failed check of this name.

    If only the permission to check is missing, it is a warning.
    """
    try:
        yield from look(session)
    except CliError as error:
        blind = error.exit_code is ExitCode.NO_ACCESS and name not in {"account", "api"}
        yield Check(name, Health.WARNING if blind else Health.FAILED, error.message, error.hint)
