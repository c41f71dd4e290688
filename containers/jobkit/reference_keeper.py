"""The keeper of a host's reference data (hosts/keep_references.py), as a job talks to it."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from jobkit.errors import TransferError
from jobkit.logs import LOG
from jobkit.s5cmd import S3Object

_PATIENCE_SECONDS = 30.0  # systemd starts it again after one
_LOOK_AGAIN_SECONDS = 0.2
_ANSWER_BYTES = 256


class Answer(StrEnum):
    """What the keeper says of an object."""

    HAVE = "have"
    WAIT = "wait"
    FETCH = "fetch"
    SPOILT = "spoilt"
    DIFFERS = "differs"
    FAILED = "failed"


class KeeperGoneError(TransferError):
    """The keeper does not answer, or not any more."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"the keeper of this host's reference data, {folder}, does not answer: {why}",
            hint="look at `systemctl status seqstack-references` and its journal on the host, or "
            "end the host: Batch starts another",
        )


class KeeperSession:
    """A connection to the keeper; what it was told to fetch others wait for while it lasts."""

    def __init__(self, connection: socket.socket, folder: Path) -> None:
        self._connection = connection
        self._folder = folder

    def want(self, item: S3Object) -> Answer:
        """Ask for an object: `HAVE`, `FETCH` or `SPOILT`, when another job's fetching has ended."""
        answer, _ = self._ask("want", item)
        if answer is Answer.WAIT:
            LOG.info("another job on this host is fetching %s: waiting for it", item.uri)
            answer, _ = self._answer()
        return answer

    def give(self, item: S3Object, path: Path) -> tuple[Answer, str]:
        """Give an object that was to be fetched: `HAVE`, `DIFFERS` or `FAILED`, and why."""
        with path.open("rb") as file:
            return self._ask("give", item, file.fileno())

    def _ask(self, what: str, item: S3Object, *files: int) -> tuple[Answer, str]:
        message = f"{what} {item.etag} {item.size}".encode()
        try:
            socket.send_fds(self._connection, [message], files)
        except OSError as error:
            raise KeeperGoneError(self._folder, str(error)) from error
        return self._answer()

    def _answer(self) -> tuple[Answer, str]:
        try:
            said = self._connection.recv(_ANSWER_BYTES).decode()
        except OSError as error:
            raise KeeperGoneError(self._folder, str(error)) from error
        word, _, why = said.partition(": ")
        if word not in Answer:
            raise KeeperGoneError(self._folder, "it has ended the connection")
        return Answer(word), why


@contextmanager
def keeper_session(folder: Path, patience: float = _PATIENCE_SECONDS) -> Iterator[KeeperSession]:
    """Connect to the keeper of `folder`; `patience` in seconds, for one that starts again.

    Raises:
        KeeperGoneError: there is none.
    """
    deadline = time.monotonic() + patience
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        while True:
            try:
                _connect(connection, folder)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise KeeperGoneError(folder, str(error)) from error
                time.sleep(_LOOK_AGAIN_SECONDS)
        yield KeeperSession(connection, folder)


def _connect(connection: socket.socket, folder: Path) -> None:
    """Connect by way of a descriptor: a socket's path has 107 characters at most."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{descriptor}/keeper")
    finally:
        os.close(descriptor)
