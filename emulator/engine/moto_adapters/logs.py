"""CloudWatch Logs: writing from inside the process, without a request for every line."""

from moto.logs.models import logs_backends

from emulator.engine.aws import ACCOUNT_ID, REGION


def write(group: str, stream: str, events: list[tuple[int, str]]) -> None:
    """Append (epoch milliseconds, message) events, making group and stream when they are new."""
    backend = logs_backends[ACCOUNT_ID][REGION]
    backend.ensure_log_group(group)
    backend.ensure_log_stream(group, stream)
    backend.put_log_events(
        group, stream, [{"timestamp": when, "message": message} for when, message in events]
    )
