"""Clean up after an emulator that was killed.

A separate process reads a pipe whose other end only the emulator holds. When the pipe closes, the
emulator has ended. (PR_SET_PDEATHSIG does not work here: it applies to the thread that started a
process, and that thread may end earlier.)
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from emulator.engine.process_tree import kill_tree

_REPOSITORY = Path(__file__).resolve().parents[2]
_CLOSE_SECONDS = 10.0
_WATCH, _FORGET, _FOLDER, _COMMAND = "+", "-", "/", "!"


class Guard(Protocol):
    """Protocol: registers processes, folders and commands to clean up after the emulator."""

    def watch(self, session: int, marker: str) -> None:
        """Register a session leader, and a `NAME=value` that only its environment has.

        All processes of the session, and those that left it but have the variable, end with the
        emulator.
        """

    def forget(self, session: int) -> None:
        """Unregister a session that has ended."""

    def remove(self, folder: Path) -> None:
        """Register a folder to remove."""

    def afterwards(self, command: Sequence[str]) -> None:
        """Register a command line that removes something else."""


class Unguarded:
    """Guards nothing."""

    def watch(self, session: int, marker: str) -> None:
        """Do nothing."""

    def forget(self, session: int) -> None:
        """Do nothing."""

    def remove(self, folder: Path) -> None:
        """Do nothing."""

    def afterwards(self, command: Sequence[str]) -> None:
        """Do nothing."""


class Guardian:
    """The emulator's side of the guarding process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", __name__],
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that Ctrl-C does not reach it
        )
        assert self._process.stdin is not None  # noqa: S101  # it was started with a pipe
        self._pipe = self._process.stdin

    def watch(self, session: int, marker: str) -> None:
        """End this session with the emulator."""
        self._tell(f"{_WATCH}{session} {marker}")

    def forget(self, session: int) -> None:
        """Unregister a session that has ended."""
        self._tell(f"{_FORGET}{session}")

    def remove(self, folder: Path) -> None:
        """Remove a folder after all processes have ended, if the emulator does not."""
        self._tell(f"{_FOLDER}{folder}")

    def afterwards(self, command: Sequence[str]) -> None:
        """Run a command after all processes have ended."""
        self._tell(f"{_COMMAND}{json.dumps(list(command))}")

    def close(self) -> None:
        """End the guardian; it first ends everything that is still registered."""
        self._pipe.close()
        self._process.wait(_CLOSE_SECONDS)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # the guardian was killed
            os.write(self._pipe.fileno(), f"{line}\n".encode())


def guard(lines: Iterable[str]) -> None:
    """Read the emulator's messages, and clean up when it has ended."""
    sessions: dict[int, str] = {}
    folders: list[Path] = []
    commands: list[list[str]] = []
    for line in lines:
        kind, value = line[0], line[1:].rstrip("\n")
        if kind == _WATCH:
            number, _, marker = value.partition(" ")
            sessions[int(number)] = marker
        elif kind == _FORGET:
            sessions.pop(int(value), None)
        elif kind == _COMMAND:
            commands.append(json.loads(value))
        else:
            folders.append(Path(value))
    for session, marker in sessions.items():
        kill_tree(session, marker)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    for command in commands:
        subprocess.run(command, check=False)


if __name__ == "__main__":
    guard(sys.stdin)
