"""Run programs without a shell: chains joined by pipes, stopped together, measured one by one."""

import os
import queue
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from jobkit.child import Child, Finished, LineListener, open_pipe, pump_lines, signal_group
from jobkit.errors import (
    InvalidOutputError,
    JobError,
    ToolFailedError,
    ToolMissingError,
    ToolTimedOutError,
)
from jobkit.logs import LOG
from jobkit.termination import TERMINATION

GRACE_SECONDS = 10.0  # between SIGTERM and SIGKILL; AWS Batch itself gives a job 30
_PUMP_SECONDS = 5.0  # how long to wait for the last lines of an ended program

_SETTLE_SECONDS = 0.2  # lets neighbours of a failed program end first, to find the root cause

Command = Sequence[str]


class ProcessGroup:
    """Programs that run together: the first failure stops the rest."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._pumps: list[threading.Thread] = []
        self._events: queue.Queue[Child | JobError] = queue.Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with TERMINATION.held():
            self.stop()

    def spawn(
        self,
        argv: Command,
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        on_line: LineListener | None = None,
    ) -> Child:
        """Start one program; its stderr (and stdout, when that is not given) goes to the log.

        Args:
            argv: the program and its arguments.
            stdin: an open file descriptor.
            stdout: an open file descriptor; the caller closes its own copy.
            cwd: the program's working directory.
            env: its whole environment; by default ours.
            pass_fds: descriptors that it inherits with the same numbers.
            on_line: gets each line instead of the log.

        Raises:
            ToolMissingError: the program is not on PATH.
        """
        with TERMINATION.held():
            try:
                process = subprocess.Popen(
                    list(argv),
                    stdin=stdin,
                    stdout=subprocess.PIPE if stdout is None else stdout,
                    stderr=subprocess.STDOUT if stdout is None else subprocess.PIPE,
                    cwd=cwd,
                    env=env,
                    pass_fds=tuple(pass_fds),
                    process_group=0,  # so that its own children can be stopped with it
                )
            except (FileNotFoundError, PermissionError) as error:
                raise ToolMissingError(
                    f"cannot run {argv[0]}: {error.strerror}",
                    hint="the image (or PATH) lacks the program",
                ) from error
            child = Child(tuple(argv), process, time.monotonic())
            self._children.append(child)
            lines = process.stdout if stdout is None else process.stderr
            assert lines is not None  # noqa: S101 - one of the two is always a pipe
            pump = threading.Thread(target=pump_lines, args=(lines, child, on_line), daemon=True)
            pump.start()
            self._pumps.append(pump)
            # still held: otherwise the end of a child without a waiter would be missed
            threading.Thread(target=self._wait_for, args=(child, pump), daemon=True).start()
        return child

    def spawn_chain(
        self,
        commands: Sequence[Command],
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        on_line: LineListener | None = None,
    ) -> list[Child]:
        """Start `commands` joined by pipes; `pass_fds` and `on_line` are for the first."""
        LOG.info("run: %s", " | ".join(shlex.join(argv) for argv in commands))
        children: list[Child] = []
        upstream = stdin
        for index, argv in enumerate(commands):
            is_last = index == len(commands) - 1
            reader, writer = (-1, -1) if is_last else open_pipe()
            try:
                child = self.spawn(
                    argv,
                    stdin=upstream,
                    stdout=stdout if is_last else writer,
                    cwd=cwd,
                    env=env,
                    pass_fds=() if children else pass_fds,
                    on_line=None if children else on_line,
                )
            finally:
                if children:
                    os.close(upstream)
                if not is_last:
                    os.close(writer)
            children.append(child)
            upstream = reader
        return children

    def wait(
        self, children: Sequence[Child] | None = None, *, timeout_seconds: float | None = None
    ) -> list[Finished]:
        """Wait until `children` (default: all) have succeeded.

        Raises:
            ToolFailedError: a program of the group failed; the others have been stopped.
            InvalidOutputError: one reported an error, but its exit status was 0.
            ToolTimedOutError: time ran out; all have been stopped.
            JobError: the error given to `report`.
        """
        wanted = self._children if children is None else children
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while any(child.finished is None for child in wanted):
            try:
                self._take_event(deadline)
            except queue.Empty as error:
                self.stop()
                first = wanted[0]
                raise ToolTimedOutError(
                    f"{first.tool} ran longer than {timeout_seconds:g} s and was stopped",
                    hint="look for a reason in its last lines before giving it more time",
                    evidence=(f"ran: {shlex.join(first.argv)}", *first.tail),
                ) from error
        self._raise_failure()
        self._raise_complaint(wanted)
        return [child.finished for child in wanted if child.finished is not None]

    def run_pool(
        self,
        chains: Iterable[Sequence[Command]],
        *,
        workers: int,
        cwd: Path | None = None,
        on_line: LineListener | None = None,
        on_end: Callable[[int], None] = lambda _: None,
    ) -> list[Finished]:
        """Run many chains, `workers` at a time; errors are those of `wait`.

        `on_end` gets the number of chains that have ended.
        """
        waiting = iter(chains)
        running: list[list[Child]] = []
        started: list[Child] = []
        begun = 0
        while True:
            running = [row for row in running if any(child.finished is None for child in row)]
            on_end(begun - len(running))
            while len(running) < workers and (commands := next(waiting, None)) is not None:
                running.append(self.spawn_chain(commands, cwd=cwd, on_line=on_line))
                started += running[-1]
                begun += 1
            if not running:
                self._raise_failure()
                self._raise_complaint(started)
                return [child.finished for child in started if child.finished is not None]
            self._take_event(None)

    def report(self, error: JobError) -> None:
        """Make `wait` fail with `error`; for threads that feed the group."""
        self._events.put(error)

    def stop(self) -> None:
        """End every program and its children: SIGTERM, then SIGKILL."""
        running = [child for child in self._children if child.finished is None]
        for child in running:
            child.stopped_by_us = not child.has_ended
            signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while any(child.finished is None for child in running) and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in self._children:
            signal_group(child, signal.SIGKILL)  # also children of a finished program
        for pump in self._pumps:
            pump.join(_PUMP_SECONDS)

    def _take_event(self, deadline: float | None) -> None:
        """Wait for the end of a program, or a report, and raise its error."""
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        self._raise_report(self._events.get(timeout=left))
        self._raise_failure()

    def _raise_failure(self) -> None:
        """Raise if an error was reported, or any program has failed."""
        while not self._events.empty():
            self._raise_report(self._events.get_nowait())
        if any(child.has_ended and child.process.returncode for child in self._children):
            time.sleep(_SETTLE_SECONDS)
            self.stop()
            raise self._root_cause()

    def _raise_complaint(self, children: Iterable[Child]) -> None:
        """Raise if a program has reported an error but ended with exit status 0."""
        for child in children:
            if child.complaints:
                raise InvalidOutputError(
                    f"{child.tool} reported an error: {child.complaints[0]}",
                    hint="read its lines in the log; its exit status was 0",
                    evidence=(f"ran: {shlex.join(child.argv)}", *child.complaints),
                )

    def _raise_report(self, event: Child | JobError) -> None:
        if isinstance(event, JobError):
            self.stop()
            raise event

    def _wait_for(self, child: Child, pump: threading.Thread) -> None:
        _, status, usage = os.wait4(child.process.pid, 0)
        child.process.returncode = os.waitstatus_to_exitcode(status)
        child.has_ended = True
        ended_at = time.monotonic()
        pump.join(_PUMP_SECONDS)
        child.finished = Finished(
            argv=child.argv,
            returncode=child.process.returncode,
            seconds=ended_at - child.started_at,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_rss_bytes=usage.ru_maxrss * 1024,
        )
        self._events.put(child)

    def _root_cause(self) -> ToolFailedError:
        """The failure that made the others fail.

        A failed program makes its neighbours fail: those before it in a chain by SIGPIPE, those
        after it by a truncated input, which gives a non-zero exit status. So other signals have
        priority, then the first exit status in the chain, and SIGPIPE last.
        """

        def order(child: Child) -> tuple[bool, bool]:
            code = child.process.returncode
            return (code == -signal.SIGPIPE, code >= 0)

        failed = [
            child
            for child in self._children  # in the order of the chain
            if child.has_ended and child.process.returncode and not child.stopped_by_us
        ]
        child = min(failed, key=order)
        return ToolFailedError(child.argv, child.process.returncode, tuple(child.tail))
