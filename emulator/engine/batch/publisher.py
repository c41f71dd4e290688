"""Publish events one after the other, outside the engine's lock."""

import queue
import threading
from collections.abc import Callable
from typing import Any

from emulator.engine.clock import REAL_CLOCK, Clock

Event = dict[str, Any]


class Publisher:
    """A thread that calls `publish` for every event, in the order in which they were given.

    `publish` must not raise: an exception ends the thread.
    """

    def __init__(self, publish: Callable[[Event], None], clock: Clock = REAL_CLOCK) -> None:
        self._publish = publish
        self._clock = clock
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="batch-events", daemon=True)
        self._thread.start()

    def put(self, event: Event) -> None:
        """Take an event and return at once."""
        with self._changed:
            self._waiting += 1
            self._clock.hand_over()
            self._events.put(event)

    def wait_published(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until all events so far have been published."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting == 0, timeout)

    def close(self) -> None:
        """Publish the remaining events, then end the thread."""
        self._events.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (event := self._events.get()) is not None:
            with self._clock.taking():
                self._publish(event)
            with self._changed:
                self._waiting -= 1
                self._changed.notify_all()
