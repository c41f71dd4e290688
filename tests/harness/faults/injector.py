"""Injects faults of AWS into chosen requests to the AWS API."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

import botocore.session
from botocore.model import ServiceModel
from werkzeug.wrappers import Response

from emulator.engine.wsgi import Environ, WsgiApplication
from tests.harness.faults.request import operation, signature
from tests.harness.faults.throttling import throttled


class Victim(Protocol):
    """A function's worker."""

    @property
    def function(self) -> str:
        """The function's name."""

    def kill(self) -> None:
        """End the process (SIGKILL); return when it has ended."""


class _Kind(Enum):
    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()
    THROTTLE = auto()


@dataclass
class Fault:
    """A requested fault; `fired` counts how often it has happened so far."""

    kind: _Kind
    service: ServiceModel
    operation: str
    function: str | None
    skip: int
    times: int
    fired: int = 0


class Faults:
    """The faults of one emulator. `find_worker` finds a function's worker by its access key.

    Services and operations have boto3's names: `"dynamodb"`, `"UpdateItem"`. The first `skip`
    matching requests pass, the next `times` meet the fault, later ones pass again. If several
    faults match a request, the first one that has not happened often enough happens.
    """

    def __init__(self, find_worker: Callable[[str], Victim | None]) -> None:
        self._find_worker = find_worker
        self._armed: list[Fault] = []
        self._lock = threading.Lock()
        self._session = botocore.session.Session()

    def crash_before(
        self, function: str, service: str, operation: str, *, skip: int = 0, times: int = 1
    ) -> Fault:
        """Kill the function's process when it requests `operation`, which is not executed."""
        return self._arm(_Kind.CRASH_BEFORE, service, operation, function, skip, times)

    def crash_after(
        self, function: str, service: str, operation: str, *, skip: int = 0, times: int = 1
    ) -> Fault:
        """Kill the function's process when `operation` is done, before it gets the answer."""
        return self._arm(_Kind.CRASH_AFTER, service, operation, function, skip, times)

    def throttle(
        self,
        service: str,
        operation: str,
        times: int,
        *,
        function: str | None = None,
        skip: int = 0,
    ) -> Fault:
        """Answer the next requests, of one function or of all callers, with a throttling error.

        SDKs retry by themselves, as often as configured.
        """
        return self._arm(_Kind.THROTTLE, service, operation, function, skip, times)

    def clear(self) -> None:
        """Forget every fault, whether it has happened or not."""
        with self._lock:
            self._armed.clear()

    def around(self, application: WsgiApplication) -> WsgiApplication:
        """Wrap the AWS API."""

        def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
            found = self._fault_of(environ) if self._armed else None
            if found is None:
                return application(environ, start_response)
            fault, worker = found
            if fault.kind is _Kind.THROTTLE:
                response = throttled(fault.service)
            elif fault.kind is _Kind.CRASH_AFTER:
                response = Response.from_app(application, environ, buffered=True)
            else:
                response = Response(status=503)  # its reader was killed
            if worker is not None and fault.kind is not _Kind.THROTTLE:
                worker.kill()
            return response(environ, start_response)

        return answer

    def _arm(
        self,
        kind: _Kind,
        service: str,
        operation: str,
        function: str | None,
        skip: int,
        times: int,
    ) -> Fault:
        model = self._session.get_service_model(service)
        model.operation_model(operation)  # raises OperationNotFoundError for a misspelt name
        fault = Fault(kind, model, operation, function, skip, times)
        with self._lock:
            self._armed.append(fault)
        return fault

    def _fault_of(self, environ: Environ) -> tuple[Fault, Victim | None] | None:
        """The fault of a request, and the worker that sent it, if any."""
        access_key, signing_name = signature(environ)
        with self._lock:
            candidates = [f for f in self._armed if f.service.signing_name == signing_name]
        if not candidates:
            return None
        worker = self._find_worker(access_key)
        sender = None if worker is None else worker.function
        asked = operation(environ, candidates[0].service)
        with self._lock:
            for fault in candidates:
                if fault.operation != asked or fault.function not in {None, sender}:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                elif fault.fired < fault.times:
                    fault.fired += 1
                    return fault, worker
        return None
