"""Kill all processes of a job, as the end of a container would."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")


def kill_tree(session: int, marker: str) -> None:
    """Kill a session's processes, and those that left it, until none is found.

    `session` is the id of the session's leader, which must not have been reaped yet (its number
    could be another's by then). `marker` is an environment variable, as `NAME=value`, that only
    this job's processes have: a process with its own session keeps its environment.
    """
    with contextlib.suppress(ProcessLookupError):  # an empty group; the session may still exist
        os.killpg(session, signal.SIGKILL)
    while pids := list(_alive(session, marker)):
        for pid in pids:
            _kill(pid)


def _alive(session: int, marker: str) -> Iterator[int]:
    if not _PROC.is_dir():  # no such file system on macOS: only groups are killed
        return
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and _belongs(entry, session, marker.encode()):
            yield int(entry.name)


def _belongs(entry: Path, session: int, marker: bytes) -> bool:
    try:
        # The command's name, in brackets, may hold blanks; the fields after it do not.
        fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
        state, its_session = fields[0], int(fields[3])
        if state in {b"Z", b"X"}:
            return False
        return its_session == session or marker in (entry / "environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False  # it has ended, or is another user's


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself
        os.kill(pid, signal.SIGKILL)
