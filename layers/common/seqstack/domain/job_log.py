"""A page of a job's log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which lines are wanted: `limit` of them at most.

    Those behind the page of `token`; without one, the last lines, or the first with `from_start`.
    """

    limit: int
    token: str = ""
    from_start: bool = False


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line, and when it was written, in milliseconds since the epoch."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some lines, oldest first; `token` asks for later ones, also those yet to come."""

    lines: tuple[LogLine, ...]
    token: str | None
