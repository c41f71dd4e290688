"""A clock for tests: time passes only when a test advances it, or when nothing else can happen."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_LOOK_SECONDS = 0.5  # interval of checks while others work
_TICK_SECONDS = 0.02


class NothingHappensError(AssertionError):
    """The awaited result can't come: no work is running, and nothing waits for a time."""


class StandingClock:
    """A clock that stands still until it is advanced, or until no work is running.

    `until` advances to the next moment that anything waits for, whenever no work is running. The
    clock counts work: its threads, and code in `working` or `taking`, except while they wait for an
    event of the clock. Setting an event also counts the threads that it wakes, so the clock never
    seems idle in between.

    `limit_seconds` of real time end a wait that hangs.
    """

    def __init__(self, limit_seconds: float = 1200.0) -> None:
        self._limit_seconds = limit_seconds
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._now = 0.0
        self._working = 0
        self._waiters: dict[int, _Waiter] = {}
        self._local = threading.local()
        self._turn = threading.Lock()
        self._looks: list[_Look] = []

    def monotonic(self) -> float:
        """Seconds that have passed."""
        return self._now

    def time(self) -> float:
        """The machine's time, plus the time that has passed on this clock."""
        return time.time() + self._now

    def event(self) -> threading.Event:
        """Make an event whose `wait(timeout)` uses this clock."""
        return _Event(self)

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
        """Make a thread that counts as working from its start to its end."""
        return _Thread(self, group, target, name, args, kwargs, daemon=daemon)

    def hand_over(self) -> None:
        """Count work that another thread will do."""
        with self._lock:
            self._working += 1

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Do work that `hand_over` has counted."""
        self._local.depth = self._depth() + 1
        try:
            yield
        finally:
            self._local.depth -= 1
            with self._lock:
                self._leave()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count this thread."""
        self.hand_over()
        with self.taking():
            yield

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let time pass as the machine's does."""
        done = threading.Event()
        ticker = threading.Thread(target=self._tick, args=[done], name="clock", daemon=True)
        ticker.start()
        try:
            yield
        finally:
            done.set()
            ticker.join()

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once, even while work is running."""
        with self._lock:
            self._move_to(self._now + seconds)

    def settle(self) -> None:
        """Wait until no work is running. No time passes.

        Raises TimeoutError after `limit_seconds`.
        """
        if not self._wait_idle(self._limit_seconds):
            raise TimeoutError(f"{self._working} pieces of work do not end")

    def until[T](self, look: Callable[[], T]) -> T:
        """The result of `look` once it is true; time passes whenever nothing else can happen.

        Several threads may wait: time passes only when none of them has its result.

        Raises NothingHappensError if it can't come, TimeoutError after `limit_seconds`.
        """
        mine = _Look(look)
        give_up = time.monotonic() + self._limit_seconds
        with self._resting(), self._looking(mine):
            mine.see()
            while not mine.seen:
                if time.monotonic() > give_up:
                    raise TimeoutError(f"last seen: {mine.seen!r}")
                if not self._wait_idle(_LOOK_SECONDS):
                    mine.see()
                    continue
                with self._turn:
                    if not mine.seen:
                        self._pass_if_nobody_sees()
        seen: T = mine.seen
        return seen

    def _pass_if_nobody_sees(self) -> None:
        """Advance to the next awaited moment, unless a look succeeds or work is running."""
        with self._lock:
            looks = list(self._looks)
        if any(look.see() for look in looks):
            return
        with self._lock:
            if self._working:
                return
            times = [w.until for w in self._waiters.values() if w.until is not None]
            if not times:
                seen = ", ".join(repr(look.seen) for look in looks)
                raise NothingHappensError(f"nothing is under way; last seen: {seen}")
            self._move_to(min(times))

    @contextmanager
    def _looking(self, look: "_Look") -> Iterator[None]:
        with self._lock:
            self._looks.append(look)
        try:
            yield
        finally:
            with self._lock:
                self._looks.remove(look)

    @contextmanager
    def _resting(self) -> Iterator[None]:
        """Do not count this thread meanwhile."""
        depth = self._depth()
        with self._lock:
            self._working -= depth
            self._idle.notify_all()
        self._local.depth = 0
        try:
            yield
        finally:
            self._local.depth = depth
            with self._lock:
                self._working += depth

    def _tick(self, done: threading.Event) -> None:
        before = time.monotonic()
        while not done.wait(_TICK_SECONDS):
            now = time.monotonic()
            self.advance(now - before)
            before = now

    def _depth(self) -> int:
        return getattr(self._local, "depth", 0)

    def _wait_idle(self, seconds: float) -> bool:
        with self._lock:
            return self._idle.wait_for(lambda: self._working == 0, seconds)

    def _leave(self) -> None:
        self._working -= 1
        if self._working == 0:
            self._idle.notify_all()

    def _move_to(self, moment: float) -> None:
        self._now = max(self._now, moment)
        for waiter in list(self._waiters.values()):
            if waiter.until is not None and waiter.until <= self._now:
                self._release(waiter)

    def _release(self, waiter: "_Waiter") -> None:
        del self._waiters[id(waiter)], waiter.event.waiters[id(waiter)]
        self._working += waiter.depth
        waiter.released.set()

    def set(self, event: "_Event") -> None:
        """Set an event, and count the threads that it wakes."""
        with self._lock:
            event.happened = True
            for waiter in list(event.waiters.values()):
                self._release(waiter)

    def wait(self, event: "_Event", seconds: float | None) -> bool:
        """Wait for an event for `timeout` seconds of this clock."""
        depth = self._depth()
        with self._lock:
            if event.happened or (seconds is not None and seconds <= 0):
                return event.happened
            waiter = _Waiter(event, None if seconds is None else self._now + seconds, depth)
            self._waiters[id(waiter)] = event.waiters[id(waiter)] = waiter
            self._working -= depth
            if self._working == 0:
                self._idle.notify_all()
        waiter.released.wait()
        return event.happened


@dataclass(slots=True)
class _Waiter:
    event: "_Event"
    until: float | None
    depth: int
    released: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class _Look:
    """A thread waits until `look` returns a true value."""

    look: Callable[[], Any]
    seen: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def see(self) -> bool:
        with self.lock:
            if not self.seen:
                self.seen = self.look()
            return bool(self.seen)


class _Event(threading.Event):
    def __init__(self, clock: StandingClock) -> None:
        super().__init__()
        self._clock = clock
        self.happened = False
        self.waiters: dict[int, _Waiter] = {}

    def is_set(self) -> bool:
        return self.happened

    def set(self) -> None:
        self._clock.set(self)

    def clear(self) -> None:
        self.happened = False

    def wait(self, timeout: float | None = None) -> bool:
        return self._clock.wait(self, timeout)


class _Thread(threading.Thread):
    def __init__(self, clock: StandingClock, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock
        self._is_over = clock.event()

    def start(self) -> None:
        self._clock.hand_over()
        super().start()

    def run(self) -> None:
        with self._clock.taking():
            try:
                super().run()
            finally:
                self._is_over.set()

    def join(self, timeout: float | None = None) -> None:
        if self._is_over.wait(timeout):
            super().join()

    def is_alive(self) -> bool:
        return super().is_alive() and not self._is_over.is_set()
