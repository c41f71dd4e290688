import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.domain.request_errors import PageTokenError
from seqstack.domain.run_pages import Cursor, page_of
from tests.support.builders import run_row

TIMES = [f"2026-01-02T03:04:0{second}.000Z" for second in range(4)]
RUNS = st.lists(st.sampled_from(TIMES), max_size=12).map(
    lambda times: [run_row(run_id=f"r{n}", started_at=at) for n, at in enumerate(times)]
)


def index(runs: list[RunRow], cursor: Cursor, limit: int) -> list[RunRow]:
    """What one index gives: enough of the newest behind the cursor for a page and one more."""
    newest_first = sorted(runs, key=lambda run: run.started_at, reverse=True)
    return cursor.newest(newest_first, limit + 1)


@given(RUNS, st.integers(1, 5), st.data())
def test_pages_hold_every_run_once_newest_first_whatever_moves_between_indexes(
    runs: list[RunRow], limit: int, data: Any
) -> None:
    seen: list[RunRow] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        # runs change their state, and so stand in another index now than a page ago
        places = [data.draw(st.integers(0, 2)) for _ in runs]
        indexes = [[r for r, at in zip(runs, places, strict=True) if at == n] for n in range(3)]
        found = [run for each in indexes for run in index(each, cursor, limit)]
        page = page_of(found, limit)
        assert len(page.rows) <= limit
        seen += page.rows
        cursor = Cursor.from_token(page.following.as_token()) if page.following else None

    assert sorted(run.run_id for run in seen) == sorted(run.run_id for run in runs)
    assert [r.started_at for r in seen] == sorted((r.started_at for r in runs), reverse=True)


def test_index_is_read_to_the_end_of_the_millisecond_of_its_last_run_and_no_further() -> None:
    at = [TIMES[3], TIMES[2], TIMES[2], TIMES[1], TIMES[0]]
    runs = [run_row(run_id=f"r{n}", started_at=time) for n, time in enumerate(at)]
    unread = iter(runs)

    assert Cursor().newest(unread, 2) == runs[:3]
    assert list(unread) == runs[4:]  # one more shows that the millisecond is complete


def test_token_is_short_however_many_runs_started_in_one_millisecond() -> None:
    # the API takes tokens of 2,000 characters
    ids = [f"{number:03}".ljust(80, "x") for number in range(500)]
    runs = [run_row(run_id=run_id, started_at=TIMES[0]) for run_id in ids]
    seen: list[str] = []
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        page = page_of(cursor.newest(runs, 31), 30)
        seen += [run.run_id for run in page.rows]
        cursor = page.following
        assert cursor is None or len(cursor.as_token()) < 200

    assert seen == ids[::-1]


def test_page_shows_a_run_once_that_stands_in_two_indexes() -> None:
    run = run_row()

    assert page_of([run, run], 5).rows == (run,)


@pytest.mark.parametrize(
    "token",
    ["", "x", "W10", "WzFd", "e30", "bnVsbA", "=", "é", "[" * 50, "WyIiXQ", "WyJ4Il0", "WyJ-Il0"],
)
def test_token_that_no_page_gave_is_refused(token: str) -> None:
    with pytest.raises(PageTokenError):
        Cursor.from_token(token)


def test_page_of_runs_that_say_very_much_ends_early_and_continues() -> None:
    # 6 MB are all that a function may answer: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    tags = {f"tag{n}": "\U0001f600" * 256 for n in range(50)}
    runs = [run_row(run_id=f"r{n:03}", started_at=TIMES[0], tags=tags) for n in range(100)]

    first = page_of(runs, 100)
    assert first.following
    second = page_of(first.following.newest(runs, 101), 100)

    answered = [{"tags": dict(run.tags)} for run in first.rows]
    assert len(json.dumps({"body": json.dumps(answered)})) < 6 * 1024 * 1024
    assert len(first.rows) > 10
    assert not {run.run_id for run in first.rows} & {run.run_id for run in second.rows}


def test_page_has_at_least_one_run_however_much_it_says() -> None:
    run = run_row(failure=Failure("E", "\U0001f600" * 400_000))

    assert page_of([run], 5).rows == (run,)
