"""A job's log, from CloudWatch Logs."""

from typing import Any

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.job_log import LogLine, LogPage, LogRequest
from seqstack.domain.request_errors import PageTokenError


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
