"""A page of a job's log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogRequest:
    """A request for at most `limit` lines.

    The lines after the page of `token`; without a token, the last lines, or with `from_start` the
    first.
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
    """Some lines, oldest first; `token` requests later ones, also future ones."""

    lines: tuple[LogLine, ...]
    token: str | None
