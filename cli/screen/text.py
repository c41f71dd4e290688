"""Times, amounts and sizes, for people."""

from collections.abc import Callable
from datetime import UTC, datetime

from seqstack.domain.progress import Phase, Progress, Unit
from seqstack.domain.quantities import (
    bases_text,
    cost_text,
    count_text,
    duration_text,
    reads_text,
    size_text,
    time_left_text,
)

__all__ = [
    "bases_text",
    "cost_text",
    "count_text",
    "duration_text",
    "moment",
    "moment_text",
    "progress_text",
    "size_text",
]


def moment_text(iso: str | None) -> str:
    """A time of the API, to the second, in this machine's time zone."""
    return f"{moment(iso).astimezone():%Y-%m-%d %H:%M:%S}" if iso else ""


def moment(iso: str) -> datetime:
    """A time as the API writes it, such as `2026-01-02T03:04:05.678Z`."""
    return datetime.fromisoformat(iso).astimezone(UTC)


def progress_text(progress: Progress | None) -> str:
    """How far a job is: `12.3 M of about 40.1 M reads aligned, about 25 min left`; or nothing."""
    if progress is None or progress.counted is None:
        return ""
    counted = progress.counted
    amount: Callable[[int], str] = str
    match counted.unit:
        case Unit.BYTES:
            amount = size_text
            what = {Phase.STAGE_OUT: "sent", Phase.RUN: "read"}.get(progress.phase, "fetched")
            if progress.per_second:
                what = f"{what} at {size_text(progress.per_second)}/s"
        case Unit.READS:
            amount, what = reads_text, "reads aligned"
        case Unit.WINDOWS:
            what = "windows called"
    total = "" if counted.total is None else f" of {amount(counted.total)}"
    if counted.is_estimate:
        total = total.replace(" of ", " of about ")
    left = "" if progress.seconds_left is None else f", {time_left_text(progress.seconds_left)}"
    return f"{amount(counted.done)}{total} {what}{left}"
