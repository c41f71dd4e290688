"""What the API reads of DynamoDB, CloudWatch Logs and Step Functions."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from seqstack.adapters.job_logs import log_page
from seqstack.adapters.ledger_items import Item
from seqstack.adapters.ledger_table import LedgerTable
from seqstack.domain.job_log import LogRequest
from seqstack.domain.request_errors import PageTokenError
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.words import RunState
from seqstack.use_cases.show_runs import list_runs
from tests.support.aws_world import JOB_LOG_GROUP, AwsWorld, aws_world, make_objects_and_logs
from tests.support.builders import run_row

AT = "2026-01-02T03:04:0{}.000Z"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsWorld]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with aws_world() as world:
        yield world


@pytest.fixture
def runs(world: AwsWorld) -> AwsWorld:
    """Six runs of two samples, cohorts and projects, the odd ones ended."""
    for number in range(6):
        even = number % 2 == 0
        run = run_row(
            run_id=f"r{number}",
            started_at=AT.format(number),
            sample_id="even" if even else "odd",
            cohort_id="c" if number < 4 else "",
            project="p" if number > 1 else "",
        )
        assert world.ledger.open_run(run, [])
        if not even:
            ended = replace(run, state=RunState.SUCCEEDED, ended_at=AT.format(9))
            assert world.ledger.finish_run(ended)
    return world


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RunFilter(), "r5 r4 r3 r2 r1 r0"),
        (RunFilter(state=RunState.SUCCEEDED), "r5 r3 r1"),
        (RunFilter(sample_id="even"), "r4 r2 r0"),
        (RunFilter(cohort_id="c"), "r3 r2 r1 r0"),
        (RunFilter(project="p"), "r5 r4 r3 r2"),
        (RunFilter(cohort_id="c", state=RunState.RUNNING), "r2 r0"),
        (RunFilter(sample_id="odd", cohort_id="c", project="p"), "r3"),
        (RunFilter(sample_id="none"), ""),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 10])
def test_listing_pages_through_what_is_wanted_newest_first(
    runs: AwsWorld, wanted: RunFilter, found: str, limit: int
) -> None:
    seen: list[str] = []
    cursor: Cursor | None = Cursor()
    while cursor:
        page = list_runs(wanted, cursor, limit, runs.ledger)
        seen += [run.run_id for run in page.rows]
        cursor = page.following

    assert " ".join(seen) == found


def test_log_page_has_the_last_lines_the_first_and_those_behind(world: AwsWorld) -> None:
    make_objects_and_logs(world)
    world.write_log("bwa/default/1", ["one", "two", "three"])

    def texts(wanted: LogRequest) -> list[str]:
        page = log_page(JOB_LOG_GROUP, "bwa/default/1", wanted)
        assert page
        return [line.text for line in page.lines]

    first = log_page(JOB_LOG_GROUP, "bwa/default/1", LogRequest(2, from_start=True))
    assert first
    assert first.token
    assert [line.text for line in first.lines] == ["one", "two"]
    assert texts(LogRequest(2)) == ["two", "three"]
    assert texts(LogRequest(2, token=first.token)) == ["three"]


def test_log_page_of_no_log_is_none_and_of_a_foreign_token_an_error(world: AwsWorld) -> None:
    make_objects_and_logs(world)
    world.write_log("bwa/default/1", ["one"])

    assert log_page(JOB_LOG_GROUP, "bwa/default/2", LogRequest(5)) is None
    with pytest.raises(PageTokenError):
        log_page(JOB_LOG_GROUP, "bwa/default/1", LogRequest(5, token="x"))


@pytest.mark.parametrize("wanted", [{}, {"cohort_id": "c"}, {"state": RunState.RUNNING}])
def test_runs_within_a_project_are_found_without_reading_any_other(
    runs: AwsWorld, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def newest(table: LedgerTable, index: str, *how: Any) -> Iterator[Item]:
        asked.append(index)
        return query_newest(table, index, *how)

    query_newest = LedgerTable.query_newest
    monkeypatch.setattr(LedgerTable, "query_newest", newest)
    found = runs.ledger.newest_runs(
        RunFilter(project="p", within_project=True, **wanted), Cursor(), 9
    )

    assert {run.project for run in found} == {"p"}
    assert asked == ["ByProject"]
