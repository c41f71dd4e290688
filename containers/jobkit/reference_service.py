"""The reference service of a host (hosts/keep_references.py): the job's side."""

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
_POLL_SECONDS = 0.2
_ANSWER_BYTES = 256


class Answer(StrEnum):
    """The service's answer about an object."""

    HAVE = "have"
    WAIT = "wait"
    FETCH = "fetch"
    SPOILT = "spoilt"
    DIFFERS = "differs"
    FAILED = "failed"


class ReferenceServiceGoneError(TransferError):
    """The service does not answer, or has ended the connection."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"this host's reference service, {folder}, does not answer: {why}",
            hint="look at `systemctl status seqstack-references` and its journal on the host, or "
            "end the host: Batch starts another",
        )


class ReferenceSession:
    """A connection to the service; other jobs wait for the objects that this one fetches."""

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
        """Give a fetched object: `HAVE`, `DIFFERS` or `FAILED`, and the reason."""
        with path.open("rb") as file:
            return self._ask("give", item, file.fileno())

    def _ask(self, what: str, item: S3Object, *files: int) -> tuple[Answer, str]:
        message = f"{what} {item.etag} {item.size}".encode()
        try:
            socket.send_fds(self._connection, [message], files)
        except OSError as error:
            raise ReferenceServiceGoneError(self._folder, str(error)) from error
        return self._answer()

    def _answer(self) -> tuple[Answer, str]:
        try:
            said = self._connection.recv(_ANSWER_BYTES).decode()
        except OSError as error:
            raise ReferenceServiceGoneError(self._folder, str(error)) from error
        word, _, why = said.partition(": ")
        if word not in Answer:
            raise ReferenceServiceGoneError(self._folder, "it has ended the connection")
        return Answer(word), why


@contextmanager
def reference_session(
    folder: Path, patience: float = _PATIENCE_SECONDS
) -> Iterator[ReferenceSession]:
    """Connect to the service of `folder`; waits `patience` seconds for one that restarts.

    Raises:
        ReferenceServiceGoneError: there is none.
    """
    deadline = time.monotonic() + patience
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        while True:
            try:
                _connect(connection, folder)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise ReferenceServiceGoneError(folder, str(error)) from error
                time.sleep(_POLL_SECONDS)
        yield ReferenceSession(connection, folder)


def _connect(connection: socket.socket, folder: Path) -> None:
    """Connect through a descriptor, because a socket's path has at most 107 characters."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{descriptor}/socket")
    finally:
        os.close(descriptor)
