"""One started program: its state, its output lines, its signals."""

import fcntl
import os
import subprocess
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from jobkit.logs import LOG

TAIL_LINES = 30
_ERROR_MARK = "[E::"  # how error lines of htslib (samtools, bcftools, bwa) begin
_PIPE_BYTES = 1 << 20  # Linux's limit for unprivileged processes is 1 MiB

LineListener = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended; `returncode` is -n when signal n killed it."""

    argv: tuple[str, ...]
    returncode: int
    seconds: float
    cpu_seconds: float
    peak_rss_bytes: int  # of its largest process: getrusage(2), ru_maxrss


@dataclass(slots=True, eq=False)
class Child:
    """A program that was started; `finished` is set once it has been waited for.

    `complaints` are its lines that report an error, even if its exit status is 0.
    """

    argv: tuple[str, ...]
    process: subprocess.Popen[bytes]
    started_at: float
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
    has_ended: bool = False
    finished: Finished | None = None
    stopped_by_us: bool = False
    complaints: list[str] = field(default_factory=list)

    @property
    def tool(self) -> str:
        """The program's name without its folder."""
        return self.argv[0].rpartition("/")[2]


def open_pipe() -> tuple[int, int]:
    """A pipe (read end, write end) with a large buffer where the system allows it."""
    reader, writer = os.pipe()
    with suppress(OSError):
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return reader, writer


def pump_lines(lines: IO[bytes], child: Child, on_line: LineListener | None) -> None:
    """Forward a program's lines until it closes the pipe, and keep the last ones."""
    with lines:
        for raw in lines:
            line = raw.decode("utf-8", "replace").rstrip()
            child.tail.append(line)
            if line.startswith(_ERROR_MARK) and len(child.complaints) < TAIL_LINES:
                child.complaints.append(line)
            if on_line is None:
                LOG.info("[%s] %s", child.tool, line)
            else:
                on_line(line)


def signal_group(child: Child, signum: int) -> None:
    """Send a signal to a program and its children, if any are left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signum)
