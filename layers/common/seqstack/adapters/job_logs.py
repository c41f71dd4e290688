"""A job's log, from CloudWatch Logs."""

from collections.abc import Collection, Mapping
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

_MOST_STREAMS, _MOST_PAGES = 100, 5


def last_log_lines(log_group: str, log_stream: str, count: int) -> list[str]:
    """The last `count` lines of a job's log, oldest first; empty if there is no such log."""
    if not log_stream:
        return []
    try:
        with translated_errors():
            answer = client("logs").get_log_events(
                logGroupName=log_group,
                logStreamName=log_stream,
                limit=count,
                startFromHead=False,
            )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    return [event["message"].rstrip() for event in answer["events"]]


def log_page(log_group: str, log_stream: str, wanted: LogRequest) -> LogPage | None:
    """A page of a job's log; None if the log has been deleted.

    Raises:
        PageTokenError: the token is not from this log, or older than a day.
    """
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html:
    # a token of a later page needs startFromHead
    query: dict[str, Any] = {"startFromHead": wanted.from_start or bool(wanted.token)}
    if wanted.token:
        query["nextToken"] = wanted.token
    try:
        with translated_errors():
            answer = client("logs").get_log_events(
                logGroupName=log_group, logStreamName=log_stream, limit=wanted.limit, **query
            )
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case "ResourceNotFoundException":
                return None
            case "InvalidParameterException" if wanted.token:
                raise PageTokenError("is not a token of a page of this log") from error
            case _:
                raise
    lines = tuple(LogLine(each["timestamp"], each["message"]) for each in answer["events"])
    return LogPage(lines, answer["nextForwardToken"])


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
