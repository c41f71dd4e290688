"""Ends what the emulator has started when the emulator itself is killed and cannot.

A process of its own reads a pipe whose other end only the emulator holds: when the pipe ends, the
emulator has. (PR_SET_PDEATHSIG will not do: it follows the thread that started a process, and
threads here come and go.)
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
    """What is told of processes that must not outlive the emulator."""

    def watch(self, session: int, marker: str) -> None:
        """Take a process that leads a session, and `NAME=value` that only its own environment has.

        All of the session, and whoever left it but kept the variable, ends with the emulator.
        """

    def forget(self, session: int) -> None:
        """Let go of a session that has ended."""

    def remove(self, folder: Path) -> None:
        """Take a folder that must not outlive the emulator either."""

    def afterwards(self, command: Sequence[str]) -> None:
        """Take a command line that removes something else."""


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
    """The guarding process, as the emulator sees it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", __name__],
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is not for it
        )
        assert self._process.stdin is not None  # noqa: S101  # it was started with a pipe
        self._pipe = self._process.stdin

    def watch(self, session: int, marker: str) -> None:
        """End this session with the emulator."""
        self._tell(f"{_WATCH}{session} {marker}")

    def forget(self, session: int) -> None:
        """Let go of a session that has ended."""
        self._tell(f"{_FORGET}{session}")

    def remove(self, folder: Path) -> None:
        """Remove a folder, once nothing runs any more, if the emulator does not."""
        self._tell(f"{_FOLDER}{folder}")

    def afterwards(self, command: Sequence[str]) -> None:
        """Run a command, once nothing runs any more."""
        self._tell(f"{_COMMAND}{json.dumps(list(command))}")

    def close(self) -> None:
        """Relieve the guardian; whatever it still watches ends now."""
        self._pipe.close()
        self._process.wait(_CLOSE_SECONDS)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # somebody killed the guardian
            os.write(self._pipe.fileno(), f"{line}\n".encode())


def guard(lines: Iterable[str]) -> None:
    """Keep the account of what the emulator tells, and act on it when it has ended."""
    sessions: dict[int, str] = {}
    folders: list[Path] = []
    commands: list[list[str]] = []
    for line in lines:
        kind, told = line[0], line[1:].rstrip("\n")
        if kind == _WATCH:
            number, _, marker = told.partition(" ")
            sessions[int(number)] = marker
        elif kind == _FORGET:
            sessions.pop(int(told), None)
        elif kind == _COMMAND:
            commands.append(json.loads(told))
        else:
            folders.append(Path(told))
    for session, marker in sessions.items():
        kill_tree(session, marker)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    for command in commands:
        subprocess.run(command, check=False)


if __name__ == "__main__":
    guard(sys.stdin)
