"""The clock that the emulator's waits go by: the machine's, or for tests one that stands still.

Every limit and delay that AWS counts in seconds is a wait with a time-out on an event of the clock:
`TimeoutSeconds`, heartbeats, Wait states, retries, the time limits of jobs, queues and functions.
The dates of Batch's jobs move with the clock; all other dates are the machine's.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any, Protocol


class Clock(Protocol):
    """What the emulator needs of a clock."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def time(self) -> float:
        """Seconds since 1970."""

    def event(self) -> threading.Event:
        """Make an event whose `wait(timeout)` goes by this clock."""

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
        """Make a thread whose `join(timeout)` goes by this clock, and that works until it ends."""

    def hand_over(self) -> None:
        """Note work that another thread is going to do; it does it in `taking`."""

    def taking(self) -> AbstractContextManager[None]:
        """Do, in this thread, work that was handed over."""

    def working(self) -> AbstractContextManager[None]:
        """Do something during which time must not be made to pass, but while it waits."""

    def running(self) -> AbstractContextManager[None]:
        """Let time pass as the machine's does."""


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
    """The time as AWS's APIs tell it: milliseconds since 1970."""
    return int(clock.time() * 1000)


def threading_by(clock: Clock) -> SimpleNamespace:
    """A stand-in for the module `threading` whose events and threads go by `clock`."""
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
