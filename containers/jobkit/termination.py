"""SIGTERM as an exception, deferred during operations that must not be interrupted."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from jobkit.errors import TerminatedError


class Termination:
    """Turns the first SIGTERM or SIGINT into a `TerminatedError` in the main thread.

    AWS Batch sends SIGTERM and, 30 seconds later, SIGKILL
    (docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html). Later signals are ignored, so
    that cleaning up is not itself interrupted.
    """

    def __init__(self) -> None:
        self._held = 0
        self._pending: int | None = None
        self._delivered = False

    def install(self) -> None:
        """Install the handlers; must be called in the main thread."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._on_signal)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Defer a signal until the block has ended."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if not self._held and self._pending is not None:
                self._deliver(self._pending)

    def _on_signal(self, signum: int, _frame: FrameType | None) -> None:
        if self._held:
            self._pending = signum
        else:
            self._deliver(signum)

    def _deliver(self, signum: int) -> None:
        self._pending = None
        if not self._delivered:
            self._delivered = True
            raise TerminatedError(signum)


TERMINATION = Termination()
