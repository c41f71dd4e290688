"""A job's log, from CloudWatch Logs."""

import time
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, progress_reader, translated_errors
from seqstack.domain.errors import TransientServiceError
from seqstack.domain.job_log import LogLine, LogPage, LogRequest
from seqstack.domain.progress import FRESH_SECONDS, PROGRESS_WORD, Progress
from seqstack.domain.request_errors import PageTokenError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsResponseTypeDef, OutputLogEventTypeDef

_MOST_STREAMS, _MOST_PAGES = 100, 5
_MOST_CALLS = 10
_PAUSES = (1, 2, 4)  # seconds


def last_log_lines(
    log_group: str,
    log_stream: str,
    count: int,
    is_complete: Callable[[list[str]], bool] = lambda _lines: True,
    sleep: Callable[[float], object] = time.sleep,
) -> list[str]:
    """The last `count` lines of a job's log, oldest first; empty if there is no such log.

    The last ones may come after the job's end: the log is read again, for some seconds, until
    `is_complete` is true of the lines.
    """
    lines = _last_lines(log_group, log_stream, count)
    for pause in _PAUSES:
        if lines is None or is_complete(lines):
            break
        sleep(pause)
        lines = _last_lines(log_group, log_stream, count)
    return lines or []


def _last_lines(log_group: str, log_stream: str, count: int) -> list[str] | None:
    if not log_stream:
        return None
    try:
        events, _ = _last_events(log_group, log_stream, count)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return [event["message"].rstrip() for event in events]


def log_page(log_group: str, log_stream: str, wanted: LogRequest) -> LogPage | None:
    """A page of a job's log; None if the log has been deleted.

    Raises:
        PageTokenError: the token is not from this log, or older than a day.
    """
    try:
        if wanted.token or wanted.from_start:
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html:
            # a token of a later page needs startFromHead
            answer = _events(log_group, log_stream, wanted.limit, wanted.token, from_head=True)
            events, following = answer["events"], answer["nextForwardToken"]
        else:
            events, following = _last_events(log_group, log_stream, wanted.limit)
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case "ResourceNotFoundException":
                return None
            case "InvalidParameterException" if wanted.token:
                raise PageTokenError("is not a token of a page of this log") from error
            case _:
                raise
    return LogPage(tuple(LogLine(each["timestamp"], each["message"]) for each in events), following)


def _last_events(
    log_group: str, log_stream: str, limit: int
) -> tuple[list["OutputLogEventTypeDef"], str]:
    """The last events, oldest first, and the token of those that follow.

    A page may be short, or empty, although others are before it; the first one repeats its token.
    """
    events: list[OutputLogEventTypeDef] = []
    token = following = ""
    for _ in range(_MOST_CALLS):
        answer = _events(log_group, log_stream, limit, token)
        events = [*answer["events"], *events]
        following = following or answer["nextForwardToken"]
        if len(events) >= limit or answer["nextBackwardToken"] == token:
            break
        token = answer["nextBackwardToken"]
    return events[-limit:], following


def _events(
    log_group: str, log_stream: str, limit: int, token: str = "", *, from_head: bool = False
) -> "GetLogEventsResponseTypeDef":
    page: dict[str, Any] = {"nextToken": token} if token else {}
    with translated_errors():
        return client("logs").get_log_events(
            logGroupName=log_group,
            logStreamName=log_stream,
            limit=limit,
            startFromHead=from_head,
            **page,
        )


def newest_progress(
    log_group: str,
    log_streams: Collection[str],
    now: int,
    logs: "CloudWatchLogsClient | None" = None,
) -> Mapping[str, Progress]:
    """What jobs have last told of their progress, by log stream; `now` in ms since the epoch.

    By one call of FilterLogEvents, which takes 100 streams. Jobs that have told nothing lately are
    left out. If CloudWatch Logs does not answer, or a stream is gone, all are.

    Args:
        logs: another client than the process's own.
    """
    found: dict[str, Progress] = {}
    pages = (
        (logs or progress_reader())
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=log_group,
            logStreamNames=list(log_streams)[:_MOST_STREAMS],
            startTime=now - round(FRESH_SECONDS * 1000),
            filterPattern=PROGRESS_WORD,
        )
    )
    try:
        with translated_errors():
            for page in islice(pages, _MOST_PAGES):
                for event in page["events"]:  # oldest first
                    told = Progress.from_log(event["message"], event["timestamp"])
                    if told:
                        found[event["logStreamName"]] = told.seen_at(now)
    except TransientServiceError:
        return {}
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return {}
        raise
    return found
