"""Records of a state folder, in SQLite: a write is there whole, or not at all, after a crash."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

_CREATE = (
    "CREATE TABLE IF NOT EXISTS records (kind TEXT, owner TEXT, name TEXT, value TEXT,"
    " PRIMARY KEY (kind, owner, name)) WITHOUT ROWID"
)

type Record = tuple[str, str, str, str | None]
"""Kind, owner (such as a bucket), name, and value; None removes the record."""


class Records:
    """Values by kind, owner and name.

    A write is in the file when `write` returns, so that a killed process loses none. A power cut
    may lose the last ones, in order.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        try:
            for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", _CREATE):
                self._connection.execute(statement)
        except BaseException:
            self._connection.close()
            raise

    def write(self, records: Iterable[Record]) -> None:
        """Write all of them, or none."""
        with self._lock, closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                for kind, owner, name, value in records:
                    self._write(cursor, kind, owner, name, value)
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    def read(self, kind: str) -> Iterator[tuple[str, str, str]]:
        """Owner, name and value of each record of a kind, in order."""
        query = "SELECT owner, name, value FROM records WHERE kind = ? ORDER BY owner, name"
        with self._lock:
            yield from self._connection.execute(query, (kind,)).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @staticmethod
    def _write(cursor: sqlite3.Cursor, kind: str, owner: str, name: str, value: str | None) -> None:
        if value is None:
            cursor.execute(
                "DELETE FROM records WHERE kind = ? AND owner = ? AND name = ?", (kind, owner, name)
            )
        else:
            cursor.execute(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", (kind, owner, name, value)
            )
