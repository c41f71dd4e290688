"""What a command takes: seconds, seconds of all CPUs, and memory."""

import contextlib
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.05
_TOLD_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took.

    `cpu_seconds` are those of the command and of all processes below it that were waited for; those
    of a daemon are missing. `peak_bytes` is the most memory in any sample; 0 if nobody watched.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int = 0


class CommandError(RuntimeError):
    """A command that was to be measured failed."""


def measure(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    memory: Callable[[int], int] | None = None,
) -> Usage:
    """Run a command in `folder` and measure it; what it prints is shown only if it fails.

    `memory` gives the bytes that are held now by a process, whose id it gets. It is asked 20 times
    a second, which takes CPU time of ours.

    Raises:
        CommandError: it did not exit with 0.
    """
    with tempfile.TemporaryFile() as printed:
        before = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        looks = (lambda: memory(process.pid)) if memory else None
        with peak_of(looks) if looks else contextlib.nullcontext(lambda: 0) as peak_bytes:
            _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - before
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            told = printed.read().decode(errors="replace")[-_TOLD_CHARACTERS:]
            raise CommandError(f"{command[0]} exited with {process.returncode}:\n{told}")
    return Usage(seconds, used.ru_utime + used.ru_stime, peak_bytes())


@contextmanager
def peak_of(
    sample: Callable[[], int], every_seconds: float = _SAMPLE_SECONDS
) -> Iterator[Callable[[], int]]:
    """Take samples meanwhile; gives a function for the greatest so far."""
    most, ended = 0, threading.Event()

    def look() -> None:
        nonlocal most
        while not ended.is_set():
            most = max(most, sample())
            ended.wait(every_seconds)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield lambda: most
    finally:
        ended.set()
        thread.join()


def tree_memory(pid: int) -> int:
    """Bytes that a process and all below it hold now (proportional set size, `man 5 proc`)."""
    return sum(_proportional_bytes(each) for each in _tree(pid))


def process_memory(pid: int) -> int:
    """Bytes that a process holds now, without those below it."""
    return _proportional_bytes(pid)


def disk_bytes(folder: Path) -> int:
    """Bytes that the files below a folder take; a file of two names counts once."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # it was removed meanwhile
                state = Path(place, name).lstat()
                found[state.st_ino] = state.st_blocks * 512
    return sum(found.values())


def tree_cpu_seconds(pid: int) -> float:
    """CPU seconds so far of a process and all below it, and of those that they have waited for."""
    return sum(sum(map(int, fields[11:15])) for fields in _tree(pid).values()) / _TICKS_PER_SECOND


def _tree(root: int) -> dict[int, list[str]]:
    """Fields of `/proc/<pid>/stat`, from the third on, of a process and all below it."""
    every: dict[int, list[str]] = {}
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                # The command's name, in brackets, may hold blanks; the fields after it do not.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                every[int(entry.name)] = fields
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: dict[int, list[str]] = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        if pid in every:
            found[pid] = every[pid]
            waiting += children.get(pid, [])
    return found


def _proportional_bytes(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0  # it has ended
