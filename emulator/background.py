"""Work that goes on beside the caller, in threads that are all ended together."""

import threading
from collections.abc import Callable
from typing import Any

_JOIN_SECONDS = 10.0


class Background:
    """Starts a daemon thread for each piece of work and joins them when it closes.

    Work that waits should wait on `closing`, which is set first.
    """

    def __init__(self, name: str) -> None:
        self.closing = threading.Event()
        self._name = name
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()

    def run(self, work: Callable[..., None], *args: Any) -> None:
        """Run `work(*args)` in a thread of its own; does nothing once closed."""

        def run_and_forget() -> None:
            try:
                work(*args)
            finally:
                with self._lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run_and_forget, name=self._name, daemon=True)
        with self._lock:
            if self.closing.is_set():
                return
            self._threads.add(thread)
        thread.start()

    def close(self) -> None:
        """Tell the work to stop and wait for it."""
        with self._lock:
            self.closing.set()
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(_JOIN_SECONDS)
