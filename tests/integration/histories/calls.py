"""Calls of handlers that die, are throttled or are held up at a chosen call of theirs to AWS."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seqstack.domain.errors import TransientServiceError


class Kind(StrEnum):
    """What goes wrong with a function."""

    DIES_BEFORE = "dies before"
    DIES_AFTER = "dies after"
    THROTTLED = "is throttled at"
    LOSES_ANSWER_OF = "loses the answer of"
    HELD_UP_BEFORE = "is held up before"


@dataclass(frozen=True)
class Fault:
    """`kind` at the function's nth call to AWS, from 0; none if it does not get so far."""

    kind: Kind
    call: int

    def __repr__(self) -> str:
        return f"<{self.kind} call {self.call}>"


class Killed(BaseException):
    """The function's process is gone; nothing in it may catch this."""


class Invocation:
    """One call of a handler, in a thread only if it may be held up; one runs at a time."""

    def __init__(
        self,
        stage: "Stage",
        function: str,
        event: Any,
        handler: Callable[[], Any],
        fault: Fault | None,
    ) -> None:
        self.function = function
        self.event = event
        self._stage = stage
        self._handler = handler
        self.fault = fault
        self.calls = 0
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_held_up = False
        self._may_go_on = threading.Event()
        self._stands = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run until the end, or until it is held up."""
        before, self._stage.current = self._stage.current, self
        if self.fault is None or self.fault.kind is not Kind.HELD_UP_BEFORE:
            self._run()
        else:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
            self._stands.wait()
        self._stage.current = before

    def go_on(self, *, die: bool = False) -> None:
        """Run what was held up to its end, or kill it where it stands."""
        assert self._thread
        before, self._stage.current = self._stage.current, self
        self.fault = Fault(Kind.DIES_BEFORE, self.calls) if die else None
        self._may_go_on.set()
        self._thread.join()
        self._stage.current = before

    def around(self, call: Callable[[], Any]) -> Any:
        """Make one call to AWS, with this invocation's fault if it is due."""
        number, fault = self.calls, self.fault
        due = fault is not None and fault.call == number
        if due and fault is not None and fault.kind is Kind.HELD_UP_BEFORE:
            self._hold_up()
            fault, due = self.fault, self.fault is not None
        self.calls += 1
        kind = fault.kind if due and fault else None
        if kind is Kind.DIES_BEFORE:
            raise Killed
        if kind is Kind.THROTTLED:
            raise TransientServiceError("rate exceeded")
        answer = call()
        if kind is Kind.DIES_AFTER:
            raise Killed
        if kind is Kind.LOSES_ANSWER_OF:
            raise TransientServiceError("connection lost")
        return answer

    def _hold_up(self) -> None:
        self.is_held_up = True
        self._stands.set()
        self._may_go_on.wait()
        self.is_held_up = False

    def _run(self) -> None:
        try:
            self.result = self._handler()
        except (Exception, Killed) as error:  # noqa: BLE001 - Lambda reports whatever it is
            self.error = error
        self._stands.set()


class Stage:
    """Knows which invocation runs now; ports made by `port` act on its behalf."""

    def __init__(self) -> None:
        self.current: Invocation | None = None

    def port(self, target: Any) -> Any:
        """`target`, whose calls meet the fault of the invocation that makes them."""
        return _Port(self, target)

    def function(self, target: Callable[..., Any]) -> Callable[..., Any]:
        """The same for a function."""

        def call(*args: Any, **options: Any) -> Any:
            if self.current is None:
                return target(*args, **options)
            return self.current.around(lambda: target(*args, **options))

        return call


class _Port:
    def __init__(self, stage: Stage, target: Any) -> None:
        self._stage = stage
        self._target = target

    def __getattr__(self, name: str) -> Any:
        return self._stage.function(getattr(self._target, name))
