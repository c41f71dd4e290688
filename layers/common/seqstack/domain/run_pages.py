"""Pages of a list of runs or cohorts, newest first, that stay correct while states change."""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol, Self

from seqstack.domain.json_text import read_json
from seqstack.domain.request_errors import PageTokenError
from seqstack.domain.run_names import MAX_NAME
from seqstack.domain.words import CohortState, RunState

# in the format of `utc_text` and Step Functions; an index accepts no empty or very long text
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_AFTER_ALL_TIMES = "~"  # sorts after every digit


class Listed(Protocol):
    """A row of a list: a run or a cohort."""

    @property
    def place(self) -> tuple[str, str]:
        """Its first start and its unique name, which never change."""
        ...

    @property
    def long_texts(self) -> object:
        """What can be long in an answer, as JSON."""
        ...


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
class CohortFilter:
    """A filter of cohorts; an empty field matches all."""

    state: CohortState | None = None
    project: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The start of a page: after the run or cohort `last`, which started at `until`.

    A start time never changes, but a state, and so the position in an index, does. Rows of the
    same millisecond are in descending order of their names.
    """

    until: str = _AFTER_ALL_TIMES
    last: str = ""

    def newest[T: Listed](self, rows: Iterable[T], limit: int) -> list[T]:
        """From an index's rows, newest first: `limit` after the cursor, and those equally new.

        An index has the rows of the same millisecond in any order, so a page needs all of them.
        """
        found: list[T] = []
        for row in rows:
            if len(found) >= limit and row.place[0] != found[-1].place[0]:
                break
            if row.place < (self.until, self.last):
                found.append(row)
        return found

    @classmethod
    def of(cls, token: str | None) -> Self:
        """The start of the page that a token names, or, without one, of the first page.

        Raises:
            PageTokenError: as `from_token`.
        """
        return cls.from_token(token) if token else cls()

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
class ListPage[T]:
    """Some rows, newest first, and the start of the next page, if there is one."""

    rows: tuple[T, ...]
    following: Cursor | None

    @property
    def next_token(self) -> str | None:
        """The token of the next page, if there is one."""
        return self.following.as_token() if self.following else None


def page_of[T: Listed](found: Iterable[T], limit: int) -> ListPage[T]:
    """Make a page of at most `limit` rows from those of the indexes; fewer if they are very large.

    `found` has, for each index, more than `limit` rows after the cursor, or all. A run that is
    changing its state may be in two indexes.
    """
    distinct = {row.place[1]: row for row in found}
    rows = sorted(distinct.values(), key=lambda row: row.place, reverse=True)
    shown = _that_fit(rows[:limit])
    is_last = len(shown) == len(rows)
    return ListPage(shown, None if is_last else Cursor(*shown[-1].place))


# of Lambda's limit of 6 MB for answers; the other fields of 100 rows take less than 1 MB
_MAX_PAGE_CHARACTERS = 4_000_000


def _that_fit[T: Listed](rows: list[T]) -> tuple[T, ...]:
    """The first rows, at least one, whose long texts fit one answer.

    An answer of Lambda's is JSON in JSON: a character outside ASCII takes 7 or 14 bytes there.
    """
    sizes = accumulate(len(json.dumps(json.dumps(row.long_texts))) for row in rows)
    fitting = sum(size <= _MAX_PAGE_CHARACTERS for size in sizes)
    return tuple(rows[: max(1, fitting)])
