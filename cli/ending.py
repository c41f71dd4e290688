"""Wait for Ctrl-C, or for the end that a supervisor asks for."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ENDS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def awaited_end() -> Iterator[Callable[[], None]]:
    """From here on, SIGINT and SIGTERM interrupt nothing; the function given waits for the first.

    A lock would not do: the main thread sleeps on if a signal reaches the process just before the
    lock's wait, or by another thread. The descriptor is written to in each case
    (https://docs.python.org/3.13/library/signal.html#signal.set_wakeup_fd). For the main thread.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = {number: signal.signal(number, _do_nothing) for number in _ENDS}
    earlier = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def wait() -> None:
        while os.read(reader, 1)[0] not in _ENDS:
            pass

    try:
        yield wait
    finally:
        signal.set_wakeup_fd(earlier)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _do_nothing(*_signal: object) -> None:
    """Python writes to the descriptor for signals that have a handler."""
