"""Tell in the job's log how far its present work is: at most one line a minute."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from jobkit.logs import LOG
from seqstack.domain.numbers import decimal_number
from seqstack.domain.progress import PROGRESS_SECONDS, Counted, Phase, Progress, Unit

type Look = Callable[[], Counted | None]

_LOOK_SECONDS = 0.5
_KNOWN_SECONDS = 30.0
_KNOWN_SHARE = 0.05
_INTERVAL = "SEQSTACK_PROGRESS_SECONDS"


class Pace:
    """Estimates the rate of counted work, and the time that it still takes.

    The rate is the mean from the first look at which there is a total to the last change, because
    work that is done in pieces, such as batches and windows, changes in steps.
    """

    def __init__(self) -> None:
        self._start: tuple[float, int] | None = None
        self._last = (0.0, 0)
        self._counted: Counted | None = None

    def note(self, now: float, counted: Counted) -> None:
        """Note how much is done at a time, in seconds."""
        self._counted = counted
        if counted.total is None:
            return
        if self._start is None:
            self._start = self._last = (now, counted.done)
        elif counted.done > self._last[1]:
            self._last = (now, counted.done)

    @property
    def per_second(self) -> float | None:
        """The mean rate; None before it is known."""
        if self._start is None:
            return None
        (began_at, before), (changed_at, done) = self._start, self._last
        return (done - before) / (changed_at - began_at) if changed_at > began_at else None

    def seconds_left(self, now: float) -> int | None:
        """None if less than a twentieth or half a minute is known, or the estimate has passed."""
        rate, counted = self.per_second, self._counted
        if not rate or self._start is None or counted is None or not counted.total:
            return None
        (began_at, before), (changed_at, done) = self._start, self._last
        if changed_at - began_at < _KNOWN_SECONDS or done - before < _KNOWN_SHARE * counted.total:
            return None
        left = (counted.total - done) / rate - (now - changed_at)
        return round(left) if left > 0 else None


class Heartbeat:
    """Writes the progress of a job to its log; a context manager around the job.

    It can't make a job fail: whatever goes wrong here ends the progress, with one line.

    Args:
        interval: the shortest time between two lines, in seconds. A job that is shorter writes
            none.
        clock: a monotonic time in seconds.
    """

    def __init__(
        self, interval: float = PROGRESS_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval, self._clock = interval, clock
        self._phase: Phase | None = None
        self._work: tuple[Look, Pace] | None = None
        self._said_at = clock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="progress", daemon=True)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """With the interval of `SEQSTACK_PROGRESS_SECONDS`, if that is set."""
        given = environment.get(_INTERVAL)
        return cls(decimal_number(given)) if given else cls()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()  # the thread is not waited for: it may be held up in writing to the log

    def begin(self, phase: Phase) -> None:
        """What the job does from now on."""
        self._phase = phase

    @contextmanager
    def counting(self, look: Look) -> Iterator[None]:
        """`look` counts the work of the block, or knows nothing yet.

        Another thread calls it, twice a second.
        """
        before, self._work = self._work, (look, Pace())
        try:
            yield
        finally:
            self._work = before

    def look(self) -> None:
        """Look at the work; write a line if the last one is long enough ago."""
        now, phase, work = self._clock(), self._phase, self._work
        counted = None
        if work:
            look, pace = work
            counted = look()
            if counted:
                pace.note(now, counted)
        if phase is None or now - self._said_at < self._interval:
            return
        self._said_at = now
        progress = Progress(phase)
        if work and counted:
            rate = pace.per_second
            per_second = None if rate is None else round(rate, 3)
            progress = Progress(phase, counted, per_second, pace.seconds_left(now))
        LOG.info("%s", progress.as_message())

    def _beat(self) -> None:
        try:
            while not self._ended.wait(_LOOK_SECONDS):
                self.look()
        except Exception as error:  # noqa: BLE001 - a job does not fail for what nobody needs
            LOG.info("no further progress is shown: %r", error)


class Tally:
    """Counts pieces of work."""

    def __init__(self, unit: Unit, total: int) -> None:
        self._unit, self._total, self._done = unit, total, 0

    def note(self, done: int) -> None:
        """Note how many are done."""
        self._done = done

    def __call__(self) -> Counted:
        """The pieces so far."""
        return Counted(self._unit, self._done, self._total)


class BytesWritten:
    """Counts what programs have written, one after the other: to files or to the network.

    It counts calls of write(2), as proc(5) has them in `wchar`; retries count twice, and so it is
    limited to the total.
    """

    def __init__(self, total: int, proc: Path = Path("/proc")) -> None:
        self._total, self._proc = total, proc
        self._pid = self._before = self._now = 0

    def follow(self, pid: int) -> None:
        """Begin with the next program."""
        self._before, self._now, self._pid = self._before + self._now, 0, pid

    def __call__(self) -> Counted:
        """The bytes so far."""
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            lines = (self._proc / f"{self._pid}/io").read_text().splitlines()
            numbers = dict(line.split(": ") for line in lines)
            self._now = int(numbers.get("wchar", self._now))
        return Counted(Unit.BYTES, min(self._before + self._now, self._total), self._total)


class BytesRead:
    """Counts how much of a file programs have read, each of them from its beginning to its end.

    It looks at the position in the file, as proc(5) has it in `fdinfo`. Nothing is known before all
    have begun. A program that has ended has read the whole file.
    """

    def __init__(self, path: Path, pids: Sequence[int], proc: Path = Path("/proc")) -> None:
        self._path, self._size, self._proc = path.resolve(), path.stat().st_size, proc
        self._read = dict.fromkeys(pids, 0)

    def __call__(self) -> Counted | None:
        """The bytes so far, of all programs."""
        for pid, read in self._read.items():
            self._read[pid] = max(read, self._position(pid))
        if not all(self._read.values()):
            return None
        return Counted(Unit.BYTES, sum(self._read.values()), self._size * len(self._read))

    def _position(self, pid: int) -> int:
        """The furthest one, if the program opens the file several times."""
        try:
            descriptors = list((self._proc / f"{pid}/fd").iterdir())
        except (FileNotFoundError, ProcessLookupError):
            return self._size
        found = [0]
        for each in descriptors:
            with suppress(OSError):  # it was closed meanwhile
                if each.readlink() == self._path:
                    lines = (self._proc / f"{pid}/fdinfo/{each.name}").read_text().splitlines()
                    found += [int(line.split()[1]) for line in lines if line.startswith("pos:")]
        return min(max(found), self._size)
