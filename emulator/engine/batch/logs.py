"""Protocol of the destination of a container's output: an awslogs group and stream."""

from collections.abc import Callable, Sequence
from typing import Protocol

from emulator.engine.batch.job import Job

WriteLines = Callable[[Sequence[str]], None]


class LogSink(Protocol):
    """Stores output."""

    def open(self, job: Job) -> WriteLines:
        """Make the stream of a job's current attempt and return what writes lines to it.

        Raises `CannotStartError`, as ECS words it, if the log group is missing.
        """


class NoLogs:
    """Discards output."""

    def open(self, job: Job) -> WriteLines:  # noqa: ARG002  # the protocol's parameter
        """Return what drops its lines."""
        return lambda _lines: None
