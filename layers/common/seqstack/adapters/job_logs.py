"""The end of a job's log, from CloudWatch Logs."""

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors


def last_log_lines(log_group: str, log_stream: str, count: int) -> list[str]:
    """The last `count` lines of a job's log, oldest first; none where there is no such log."""
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
