"""The workers of one function: warm ones are reused, new ones start when all are busy."""

import threading
import time
from collections.abc import Callable

from emulator.engine.lambda_runtime.function import FunctionSpec
from emulator.engine.lambda_runtime.invocation import Invocation, Outcome
from emulator.engine.lambda_runtime.worker import Worker

# A new worker costs about a second of CPU; most calls end sooner than that, so wait a little.
PATIENCE_SECONDS = 0.25


class PoolClosedError(RuntimeError):
    """A call came while the emulator was closing."""


class WorkerPool:
    """Up to `limit` workers of one function. Further calls wait; none is refused."""

    def __init__(self, spec: FunctionSpec, start: Callable[[], Worker], limit: int) -> None:
        self.spec = spec
        self._start = start
        self._limit = limit
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._reserved = 0
        self._closed = False
        self._changed = threading.Condition()

    def invoke(self, payload: bytes) -> Outcome:
        """Run one call on a free worker.

        Raises PoolClosedError when the pool closes meanwhile.
        """
        worker = self._acquire()
        try:
            return worker.run(Invocation(payload, self.spec.timeout))
        finally:
            self._release(worker)

    @property
    def workers(self) -> list[Worker]:
        """The current workers."""
        with self._changed:
            return list(self._all)

    def worker(self, access_key: str) -> Worker | None:
        """The worker that signs its requests with `access_key`."""
        with self._changed:
            return next((each for each in self._all if each.access_key == access_key), None)

    def close(self) -> None:
        """End every worker, also those in the middle of a call."""
        with self._changed:
            self._closed = True
            workers, self._all = self._all, set()
            self._idle.clear()
            self._changed.notify_all()
        for worker in workers:
            worker.close()

    def _acquire(self) -> Worker:
        patience = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            while True:
                if self._closed:
                    raise PoolClosedError(self.spec.name)
                if self._idle:
                    return self._idle.pop()
                started = len(self._all) + self._reserved
                remaining = patience - time.monotonic()
                if started == 0 or (started < self._limit and remaining <= 0):
                    self._reserved += 1
                    break
                self._changed.wait(remaining if started < self._limit else None)
        return self._begin()

    def _begin(self) -> Worker:
        """Start a worker for which `_reserved` was raised."""
        try:
            worker = self._start()
        except BaseException:
            with self._changed:
                self._reserved -= 1
            raise
        with self._changed:
            self._reserved -= 1
            closed = self._closed
            if not closed:
                self._all.add(worker)
        if closed:
            worker.close()
            raise PoolClosedError(self.spec.name)
        return worker

    def _release(self, worker: Worker) -> None:
        with self._changed:
            if self._closed or worker not in self._all:
                return
            if worker.alive:
                self._idle.append(worker)
                self._changed.notify()
                return
            self._all.discard(worker)
            self._changed.notify()
        worker.close()
