"""Pages of a list of runs, newest first, that stay correct while runs change their state."""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from seqstack.domain.json_text import read_json
from seqstack.domain.records import RunRow
from seqstack.domain.request_errors import PageTokenError
from seqstack.domain.run_names import MAX_NAME
from seqstack.domain.words import RunState

# in the format of `utc_text` and Step Functions; an index accepts no empty or very long text
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_AFTER_ALL_TIMES = "~"  # sorts after every digit


@dataclass(frozen=True, slots=True)
class RunFilter:
    """A filter of runs; an empty field matches all.

    With `within_project`, runs of other projects are not read, except in the index of `sample_id`.
    """

    state: RunState | None = None
    sample_id: str = ""
    cohort_id: str = ""
    project: str = ""
    within_project: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """The start of a page: after the run `last`, which started at `until`.

    A run's start time never changes, but its state, and so its position in an index, does. Runs of
    the same millisecond are in descending order of their ids.
    """

    until: str = _AFTER_ALL_TIMES
    last: str = ""

    def newest(self, runs: Iterable[RunRow], limit: int) -> list[RunRow]:
        """From an index's runs, newest first: `limit` after the cursor, and those equally new.

        An index has the runs of the same millisecond in any order, so a page needs all of them.
        """
        found: list[RunRow] = []
        for run in runs:
            if len(found) >= limit and run.started_at != found[-1].started_at:
                break
            if _place(run) < (self.until, self.last):
                found.append(run)
        return found

    def as_token(self) -> str:
        """The cursor as an opaque text."""
        plain = json.dumps([self.until, self.last], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def from_token(cls, token: str) -> Self:
        """Read a token of `as_token`.

        Raises:
            PageTokenError: it was not written by `as_token`.
        """
        padded = token + "=" * (-len(token) % 4)
        try:
            plain = read_json(base64.b64decode(padded, altchars=b"-_", validate=True))
        except ValueError as error:
            raise PageTokenError("is not a token of an earlier page") from error
        if not (isinstance(plain, list) and all(isinstance(part, str) for part in plain)):
            raise PageTokenError("is not a token of an earlier page")
        match plain:
            case [until, last] if TIME.fullmatch(until) and 0 < len(last) <= MAX_NAME:
                return cls(until, last)
        raise PageTokenError("is not a token of an earlier page")


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs, newest first, and the start of the next page, if there is one."""

    runs: tuple[RunRow, ...]
    following: Cursor | None


def page_of(found: Iterable[RunRow], limit: int) -> RunPage:
    """Make a page of at most `limit` runs from the indexes' rows; fewer if they are very large.

    `found` has, for each index, more than `limit` runs after the cursor, or all. A run that is
    changing its state may be in two indexes.
    """
    distinct = {row.run_id: row for row in found}
    rows = sorted(distinct.values(), key=_place, reverse=True)
    shown = _that_fit(rows[:limit])
    is_last = len(shown) == len(rows)
    return RunPage(shown, None if is_last else Cursor(*_place(shown[-1])))


def _place(run: RunRow) -> tuple[str, str]:
    return run.started_at, run.run_id


# of Lambda's limit of 6 MB for answers; the other fields of 100 runs take less than 1 MB
_MAX_PAGE_CHARACTERS = 4_000_000


def _that_fit(rows: list[RunRow]) -> tuple[RunRow, ...]:
    """The first rows, at least one, whose causes and tags fit one answer.

    An answer of Lambda's is JSON in JSON: a character outside ASCII takes 7 or 14 bytes there.
    """
    sizes = accumulate(
        len(json.dumps(json.dumps([row.failure.cause if row.failure else "", dict(row.tags)])))
        for row in rows
    )
    fitting = sum(size <= _MAX_PAGE_CHARACTERS for size in sizes)
    return tuple(rows[: max(1, fitting)])
