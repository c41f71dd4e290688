"""Every function of the stack, with synchronous and asynchronous calls."""

import json
import os
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.engine.background import Background
from emulator.engine.clock import REAL_CLOCK, Clock
from emulator.engine.guardian import Guard, Unguarded
from emulator.engine.lambda_runtime.declared import DeclaredFunctions
from emulator.engine.lambda_runtime.function import FunctionSpec
from emulator.engine.lambda_runtime.invocation import Outcome
from emulator.engine.lambda_runtime.logs import LogSink
from emulator.engine.lambda_runtime.nursery import Nursery
from emulator.engine.lambda_runtime.pool import PoolClosedError, WorkerPool
from emulator.engine.lambda_runtime.site import build_runtime_site
from emulator.engine.lambda_runtime.worker import Worker

# Lambda waits 1 minute before the first retry of an asynchronous call and 2 before the second
# (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html); a hundredth
# of that keeps the order and lets a test see the end.
RETRY_DELAYS = (0.6, 1.2)


@dataclass(frozen=True)
class Call:
    """One finished call of a function, for tests and the demo."""

    function: str
    payload: bytes
    outcome: Outcome

    @property
    def event(self) -> Any:
        """The event that the handler got."""
        return json.loads(self.payload)


class LambdaService:
    """Runs functions in workers. `find` gives the deployed function of a name, or raises KeyError.

    `on_dead_letter` takes the queue's ARN and the event of an asynchronous call that failed for
    good.
    """

    def __init__(
        self,
        find: Callable[[str], FunctionSpec],
        sink: LogSink,
        aws: dict[str, str],
        *,
        on_dead_letter: Callable[[str, bytes], None],
        concurrency: int | None = None,
        guard: Guard = Unguarded(),  # noqa: B008  # it has no state
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self._find = find
        self._sink = sink
        self._aws = aws
        self._on_dead_letter = on_dead_letter
        self._limit = concurrency or max(2, os.process_cpu_count() or 1)
        self._pools: dict[str, WorkerPool] = {}
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._count = 0
        self._calls: dict[str, list[Call]] = defaultdict(list)
        self._folder = tempfile.TemporaryDirectory(prefix="seqstack-lambda-")
        guard.remove(Path(self._folder.name))
        self._guard = guard
        self._clock = clock
        self._site = build_runtime_site(Path(self._folder.name))
        self._nurseries: dict[tuple[Path, ...], Nursery] = {}
        self._background = Background("lambda-async", clock)

    def prepare(self, functions: DeclaredFunctions) -> None:
        """Import what the functions' workers will have in common, in the background.

        A function's first worker starts at its first call: most runs call half of the functions.
        """
        by_layers: dict[tuple[Path, ...], list[FunctionSpec]] = defaultdict(list)
        for spec in functions.specs:
            by_layers[spec.layers].append(spec)
        for layers, specs in by_layers.items():
            self._nurseries[layers] = Nursery(
                specs, functions.computed, self._site, self._aws, self._guard
            )

    def invoke(self, name: str, payload: bytes) -> Outcome:
        """Call a function and wait for its outcome.

        Raises KeyError for an unknown function, PoolClosedError while the emulator closes.
        """
        with self._clock.working():
            outcome = self._pool(name).invoke(payload)
        with self._lock:
            self._calls[name].append(Call(name, payload, outcome))
            self._count += 1
            self._ended.notify_all()
        return outcome

    def invoke_async(self, name: str, payload: bytes) -> None:
        """Call a function without waiting; a failed call is repeated twice, as Lambda does.

        Raises KeyError for an unknown function.
        """
        self._background.run(self._deliver, self._pool(name).spec, payload)

    def calls(self, name: str) -> list[Call]:
        """The finished calls of a function, oldest first; every retry counts."""
        with self._lock:
            return list(self._calls[name])

    def invocations(self, name: str) -> int:
        """The number of finished calls of a function; every retry counts."""
        return len(self.calls(name))

    def wait_for_calls(self, seen: int, patience: float) -> int:
        """Wait until more than `seen` calls of all functions have finished, or `patience` seconds.

        Returns:
            How many have finished.
        """
        with self._ended:
            self._ended.wait_for(lambda: self._count > seen, patience)
            return self._count

    def workers(self, name: str) -> list[Worker]:
        """The workers that a function has now."""
        return self._pool(name).workers

    def worker(self, access_key: str) -> Worker | None:
        """The worker of any function that signs its requests with `access_key`."""
        with self._lock:
            pools = list(self._pools.values())
        return next((found for pool in pools if (found := pool.worker(access_key))), None)

    def close(self) -> None:
        """End every worker and background call."""
        self._background.closing.set()
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()
        self._background.close()
        for nursery in self._nurseries.values():
            nursery.close()
        self._folder.cleanup()

    def _pool(self, name: str) -> WorkerPool:
        with self._lock:
            if name not in self._pools:
                spec = self._find(name)
                self._pools[name] = WorkerPool(
                    spec,
                    lambda: self._new_worker(spec),
                    self._limit,
                )
            return self._pools[name]

    def _new_worker(self, spec: FunctionSpec) -> Worker:
        nursery = self._nurseries.get(spec.layers)
        return Worker(spec, self._sink, self._site, self._aws, self._guard, self._clock, nursery)

    def _deliver(self, spec: FunctionSpec, payload: bytes) -> None:
        for delay in (0.0, *RETRY_DELAYS):
            if self._background.closing.wait(delay):
                return
            try:
                outcome = self.invoke(spec.name, payload)
            except PoolClosedError:
                return
            if not outcome.failed:
                return
        if spec.dead_letter_arn is not None:
            self._on_dead_letter(spec.dead_letter_arn, payload)
