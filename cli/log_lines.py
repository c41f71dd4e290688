"""Read a job's log page by page, and follow it.

A page may be empty although others follow. The last page returns the token of its request.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from cli.client import ApiClient, LogQuery
from cli.shapes.runs import LogLine, LogPage

_PAUSE_SECONDS = 2.0
_MOST_LINES = 1000  # the API's maximum
ENDED = frozenset({"SUCCEEDED", "FAILED"})
"""The states of a job that has ended: no line follows."""


def lines_from_start(api: ApiClient, run_id: str, query: LogQuery) -> Iterator[LogPage]:
    """Every page so far, the oldest first."""
    page = api.get_log(run_id, replace(query, from_start=True, limit=_MOST_LINES))
    yield page
    while page["nextToken"]:
        token, page = page["nextToken"], _next(api, run_id, query, page)
        yield page
        if page["nextToken"] == token:
            return


def lines_as_they_come(
    api: ApiClient, run_id: str, query: LogQuery, pause: Callable[[float], None] = time.sleep
) -> Iterator[LogLine]:
    """The lines of `query`, and those that follow until the job has ended."""
    page = api.get_log(run_id, query)
    # the newest try now, even if another starts meanwhile
    query = replace(query, attempt=page["attempt"])
    is_last = page["nextToken"] is None
    while True:
        yield from page["lines"]
        if is_last and page["jobState"] in ENDED:
            return
        if is_last:
            pause(_PAUSE_SECONDS)
        token = page["nextToken"]
        page = _next(api, run_id, query, page) if token else api.get_log(run_id, query)
        is_last = page["nextToken"] == token


def _next(api: ApiClient, run_id: str, query: LogQuery, page: LogPage) -> LogPage:
    token = page["nextToken"] or ""
    return api.get_log(run_id, replace(query, limit=_MOST_LINES, next_token=token))
