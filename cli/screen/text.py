"""Times, amounts and sizes, for people."""

from datetime import UTC, datetime

from seqstack.domain.quantities import (
    bases_text,
    cost_text,
    count_text,
    duration_text,
    size_text,
)

__all__ = [
    "bases_text",
    "cost_text",
    "count_text",
    "duration_text",
    "moment",
    "moment_text",
    "size_text",
]


def moment_text(iso: str | None) -> str:
    """A time of the API, to the second, in this machine's time zone."""
    return f"{moment(iso).astimezone():%Y-%m-%d %H:%M:%S}" if iso else ""


def moment(iso: str) -> datetime:
    """A time as the API writes it, such as `2026-01-02T03:04:05.678Z`."""
    return datetime.fromisoformat(iso).astimezone(UTC)
