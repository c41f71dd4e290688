"""Checks: what was looked at, how it is, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cli.errors import CliError, ExitCode
from cli.session import Session


class Health(StrEnum):
    """How something is."""

    OK = "OK"
    WARNING = "WARNING"  # runs go on, but not as they could
    FAILED = "FAILED"  # runs will fail, or can't be started
    SKIPPED = "SKIPPED"  # there is nothing to look at here


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `cure` says what to do, where anything is to be done."""

    name: str
    health: Health
    detail: str
    cure: str = ""


type Look = Callable[[Session], Iterable[Check]]


def checked(name: str, look: Look, session: Session) -> Iterator[Check]:
    """The checks of `look`; an error becomes one, of this name.

    Where only a permission to look is missing, nothing is known to be wrong.
    """
    try:
        yield from look(session)
    except CliError as error:
        blind = error.exit_code is ExitCode.NO_ACCESS and name not in {"account", "api"}
        yield Check(name, Health.WARNING if blind else Health.FAILED, error.message, error.cure)
