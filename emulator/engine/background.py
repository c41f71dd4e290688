"""Background work in reused threads that end together."""

import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from emulator.engine.clock import REAL_CLOCK, Clock

_JOIN_SECONDS = 10.0

_Work = tuple[Callable[..., None], tuple[Any, ...]]


class Background:
    """Runs each task at once, in a free thread or a new one.

    There is no limit, so work may wait for other work. It should wait on `closing`, which is set
    first when this closes. An exception goes to `threading.excepthook`, as from any thread. `clock`
    counts tasks as work.
    """

    def __init__(self, name: str, clock: Clock = REAL_CLOCK) -> None:
        self.closing = clock.event()
        self._clock = clock
        self._name = name
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._free = 0
        self._lock = threading.Lock()

    def run(self, work: Callable[..., None], *args: Any) -> None:
        """Run `work(*args)` in the background; does nothing once closed."""
        with self._lock:
            if self.closing.is_set():
                return
            self._clock.hand_over()
            self._waiting.put((work, args))
            if self._free:
                self._free -= 1
                return
            thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Tell the work to stop and wait for it."""
        with self._lock:
            self.closing.set()
            threads = list(self._threads)
        for _ in threads:
            self._waiting.put(None)
        for thread in threads:
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(_JOIN_SECONDS)

    def _serve(self) -> None:
        while (item := self._waiting.get()) is not None:
            work, args = item
            try:
                with self._clock.taking():
                    work(*args)
            except Exception:  # noqa: BLE001  # reported to the hook, as if the thread had ended
                kind, error, trace = sys.exc_info()
                details = (kind, error, trace, threading.current_thread())
                threading.excepthook(threading.ExceptHookArgs(details))
            with self._lock:
                self._free += 1
