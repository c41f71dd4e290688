"""Pages of a listing of runs, newest first, that stay right while runs change their state."""

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

# as `utc_text` and Step Functions write it; an index takes no empty text, nor a very long one
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_AFTER_ALL_TIMES = "~"  # sorts behind every digit


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; an empty field wants all.

    With `within_project`, runs of other projects are not even read, unless they are of `sample_id`.
    """

    state: RunState | None = None
    sample_id: str = ""
    cohort_id: str = ""
    project: str = ""
    within_project: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: with runs that started at `until` or before, but not those in `seen`.

    The time that a run started never changes, whereas its state, and with it its place in an
    index, does. `seen` are the runs of that very millisecond that earlier pages had.
    """

    until: str = _AFTER_ALL_TIMES
    seen: tuple[str, ...] = ()

    def as_token(self) -> str:
        """The cursor as a text that means nothing to whoever holds it."""
        plain = json.dumps([self.until, *self.seen], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def from_token(cls, token: str) -> Self:
        """Read what `as_token` wrote.

        Raises:
            PageTokenError: it was not written by `as_token`.
        """
        padded = token + "=" * (-len(token) % 4)
        try:
            plain = read_json(base64.b64decode(padded, altchars=b"-_", validate=True))
        except ValueError as error:
            raise PageTokenError("is no token of an earlier page") from error
        if not (isinstance(plain, list) and plain and all(isinstance(part, str) for part in plain)):
            raise PageTokenError("is no token of an earlier page")
        until, *seen = plain
        is_time = until == _AFTER_ALL_TIMES or TIME.fullmatch(until)
        if not is_time or not all(0 < len(run_id) <= MAX_NAME for run_id in seen):
            raise PageTokenError("is no token of an earlier page")
        return cls(until, tuple(seen))


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs, newest first, and where the next page begins, if there is one."""

    runs: tuple[RunRow, ...]
    following: Cursor | None


def page_of(found: Iterable[RunRow], cursor: Cursor, limit: int) -> RunPage:
    """Make a page of at most `limit` runs, fewer where they say very much, from the indexes' rows.

    `found` holds, of each index that was asked, more than `limit` runs beside those in
    `cursor.seen`, or all. A run that changes its state right now may stand in two indexes.
    """
    distinct = {row.run_id: row for row in found if row.run_id not in cursor.seen}
    rows = sorted(distinct.values(), key=lambda row: (row.started_at, row.run_id), reverse=True)
    shown = _that_fit(rows[:limit])
    if len(shown) == len(rows):
        return RunPage(shown, None)
    last = shown[-1].started_at
    at_last = tuple(row.run_id for row in shown if row.started_at == last)
    before = cursor.seen if cursor.until == last else ()
    return RunPage(shown, Cursor(last, (*before, *at_last)))


# of the 6 MB that a function may answer (Lambda's quota); the rest of 100 runs takes less than 1 MB
_MAX_PAGE_CHARACTERS = 4_000_000


def _that_fit(rows: list[RunRow]) -> tuple[RunRow, ...]:
    """The first rows, one at least, whose causes and tags one answer has room for.

    An answer of Lambda's is JSON in JSON: a character outside ASCII takes 7 or 14 bytes there.
    """
    sizes = accumulate(
        len(json.dumps(json.dumps([row.failure.cause if row.failure else "", dict(row.tags)])))
        for row in rows
    )
    fitting = sum(size <= _MAX_PAGE_CHARACTERS for size in sizes)
    return tuple(rows[: max(1, fitting)])
