"""The last lines of a log that CloudWatch Logs gives in pages, or late.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html: a page
may be short or empty although there are more, and the end of the stream repeats the token.
"""

from typing import Any

import pytest

from seqstack.adapters import job_logs
from seqstack.adapters.job_logs import last_log_lines, log_page
from seqstack.domain.job_log import LogRequest


class Logs:
    """CloudWatch Logs with one stream; `reads` has its pages, the newest first, of each reading."""

    def __init__(self, *reads: list[list[str]]) -> None:
        self.reads = list(reads)
        self.pages: list[list[str]] = []

    def get_log_events(self, *, limit: int, nextToken: str = "", **_query: Any) -> dict[str, Any]:  # noqa: N803
        if not nextToken:
            self.pages = self.reads.pop(0)
        number = int(nextToken or 0)
        page = self.pages[number : number + 1]
        assert all(len(lines) <= limit for lines in page)
        return {
            "events": [{"timestamp": 1, "message": line} for lines in page for line in lines],
            "nextBackwardToken": str(min(number + 1, len(self.pages))),
            "nextForwardToken": f"after {number}",
        }


@pytest.fixture
def has(monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(*reads: list[list[str]]) -> None:
        logs = Logs(*reads)
        monkeypatch.setattr(job_logs, "client", lambda _service: logs)

    return make


@pytest.mark.parametrize(
    "pages",
    [
        [["a", "b", "c"]],
        [[], ["a", "b", "c"]],
        [["c"], [], ["b"], ["z", "a"]],
        [["b", "c"], ["x", "y", "a"]],
    ],
)
def test_last_log_lines_are_of_all_pages(has: Any, pages: list[list[str]]) -> None:
    has(pages)

    assert last_log_lines("group", "stream", 3) == ["a", "b", "c"]


def test_last_log_lines_of_a_short_log_are_all(has: Any) -> None:
    has([[], ["a"]])

    assert last_log_lines("group", "stream", 3) == ["a"]


def test_last_log_lines_end_though_every_page_is_empty(has: Any) -> None:
    has([[] for _ in range(10_000)])

    assert last_log_lines("group", "stream", 3) == []


def test_last_log_lines_are_read_again_until_they_are_complete(has: Any) -> None:
    has([[]], [["a"]], [["a", "FAILED"]], [["read too often"]])
    pauses: list[float] = []

    lines = last_log_lines("group", "stream", 3, lambda lines: "FAILED" in lines, pauses.append)

    assert lines == ["a", "FAILED"]
    assert pauses == [1, 2]


def test_last_log_lines_that_never_come_are_waited_for_some_seconds(has: Any) -> None:
    has(*[[["a"]]] * 4)
    pauses: list[float] = []

    assert last_log_lines("group", "stream", 3, lambda _: False, pauses.append) == ["a"]
    assert pauses == [1, 2, 4]


def test_log_page_of_the_last_lines_is_of_all_pages_and_continues_at_the_end(has: Any) -> None:
    has([[], ["b"], ["a"]])

    page = log_page("group", "stream", LogRequest(2))

    assert page
    assert [line.text for line in page.lines] == ["a", "b"]
    assert page.token == "after 0"
