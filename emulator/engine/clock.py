"""The clock of all waits in the emulator: the machine's, or in tests one that stands still.

Every limit and delay that AWS counts in seconds is a wait with a time-out on an event of the clock:
`TimeoutSeconds`, heartbeats, Wait states, retries, the time limits of jobs, queues and functions.
The dates of Batch's jobs, and the Spot prices known, move with the clock; all other dates are the
machine's.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any, Protocol


class Clock(Protocol):
    """Protocol of a clock."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def time(self) -> float:
        """Seconds since 1970."""

    def event(self) -> threading.Event:
        """Make an event whose `wait(timeout)` uses this clock."""

    def thread(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Any = (),
        kwargs: Any = None,
        *,
        daemon: bool | None = None,
    ) -> threading.Thread:
        """Make a thread that counts as work until it ends; its `join(timeout)` uses this clock."""

    def hand_over(self) -> None:
        """Register work that another thread will do in `taking`."""

    def taking(self) -> AbstractContextManager[None]:
        """Do, in this thread, work that was handed over."""

    def working(self) -> AbstractContextManager[None]:
        """Count as work: time must not be advanced meanwhile, except while it waits."""

    def running(self) -> AbstractContextManager[None]:
        """Let time pass with the machine's clock."""


class RealClock:
    """The machine's clock."""

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)
    event = threading.Event
    thread = threading.Thread

    def hand_over(self) -> None:
        """Do nothing: time passes anyhow."""

    def taking(self) -> AbstractContextManager[None]:
        """Do nothing: time passes anyhow."""
        return nullcontext()

    working = running = taking


REAL_CLOCK = RealClock()


def epoch_ms(clock: Clock) -> int:
    """The time as in AWS's APIs: milliseconds since 1970."""
    return int(clock.time() * 1000)


def threading_by(clock: Clock) -> SimpleNamespace:
    """A replacement of the module `threading` whose events and threads use `clock`."""
    return SimpleNamespace(
        Event=clock.event,
        Thread=clock.thread,
        Lock=threading.Lock,
        RLock=threading.RLock,
        Condition=threading.Condition,
        current_thread=threading.current_thread,
    )


def counting[**P, T](clock: Clock, work: Callable[P, T]) -> Callable[P, T]:
    """The same function, which counts as work by `clock`."""

    def counted(*args: P.args, **kwargs: P.kwargs) -> T:
        with clock.working():
            return work(*args, **kwargs)

    return counted
