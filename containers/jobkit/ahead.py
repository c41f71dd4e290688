"""Read ahead in a thread of its own."""

import threading
from collections.abc import Iterable
from queue import Queue, ShutDown
from typing import Self

_PIECES = 4


class Ahead[T]:
    """Iterates over `pieces`, of which a thread makes a few in advance; raises its errors."""

    def __init__(self, pieces: Iterable[T]) -> None:
        self._queue: Queue[tuple[T] | BaseException | None] = Queue(_PIECES)
        self._thread = threading.Thread(target=self._read, args=(pieces,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        """The next piece."""
        try:
            found = self._queue.get()
        except ShutDown:
            raise StopIteration from None
        if isinstance(found, tuple):
            return found[0]
        self._queue.shutdown()
        if found is None:
            raise StopIteration
        raise found

    def close(self) -> None:
        """Stop the thread."""
        self._queue.shutdown(immediate=True)
        self._thread.join()

    def _read(self, pieces: Iterable[T]) -> None:
        try:
            for piece in pieces:
                self._queue.put((piece,))
            self._queue.put(None)
        except ShutDown:
            return
        except Exception as error:  # noqa: BLE001 - it is raised where the pieces are read
            try:
                self._queue.put(error)
            except ShutDown:
                return
