"""Lambda's own lines in a function's log, and the log stream.

Text lines and JSON records as in
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html and
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html.
"""

import json
import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LogSink = Callable[[str, str, list[tuple[int, str]]], None]
"""Takes a log group, a stream and its new events: (epoch milliseconds, message)."""


@dataclass(frozen=True)
class Report:
    """Values of the REPORT line; durations in milliseconds, memory in MiB."""

    duration: float
    memory_size: int
    memory_used: int
    init_duration: float | None
    status: str | None


class LogStream:
    """One worker's log stream, named as Lambda names them."""

    def __init__(self, sink: LogSink, group: str, *, as_json: bool) -> None:
        today = datetime.now(UTC).strftime("%Y/%m/%d")
        self.group = group
        self.name = f"{today}/[$LATEST]{uuid.uuid4().hex}"
        self._sink = sink
        self._as_json = as_json

    def write(self, lines: list[str]) -> None:
        """Record lines of output, all with the present time."""
        now = int(time.time() * 1000)
        if lines:
            self._sink(self.group, self.name, [(now, line) for line in lines])

    def start_line(self, request_id: str) -> str:
        """START, as text or JSON."""
        if self._as_json:
            return _record("platform.start", {"requestId": request_id, "version": "$LATEST"})
        return f"START RequestId: {request_id} Version: $LATEST"

    def end_lines(self, request_id: str, report: Report) -> list[str]:
        """END and REPORT, as text or JSON."""
        if self._as_json:
            return [_record("platform.report", _json_report(request_id, report))]
        parts = [
            f"REPORT RequestId: {request_id}",
            f"Duration: {report.duration:.2f} ms",
            f"Billed Duration: {math.ceil(report.duration)} ms",
            f"Memory Size: {report.memory_size} MB",
            f"Max Memory Used: {report.memory_used} MB",
        ]
        if report.init_duration is not None:
            parts.append(f"Init Duration: {report.init_duration:.2f} ms")
        if report.status is not None:
            parts.append(f"Status: {report.status}")
        return [f"END RequestId: {request_id}", "\t".join(parts) + "\t"]


def timeout_line(request_id: str, seconds: float) -> str:
    """Lambda's line for a call that timed out."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{now} {request_id} Task timed out after {seconds:.2f} seconds"


def exit_lines(message: str) -> list[str]:
    """Lambda's lines for a runtime whose process ended during a call."""
    return [message, "Runtime.ExitError"]


def _json_report(request_id: str, report: Report) -> dict[str, Any]:
    metrics: dict[str, float] = {
        "durationMs": round(report.duration, 3),
        "billedDurationMs": math.ceil(report.duration),
        "memorySizeMB": report.memory_size,
        "maxMemoryUsedMB": report.memory_used,
    }
    if report.init_duration is not None:
        metrics["initDurationMs"] = round(report.init_duration, 3)
    return {"requestId": request_id, "metrics": metrics, "status": report.status or "success"}


def _record(kind: str, record: dict[str, Any]) -> str:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, "type": kind, "record": record})
