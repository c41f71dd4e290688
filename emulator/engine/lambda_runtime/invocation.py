"""One call of a function, from its payload to its outcome, in Lambda's own shapes."""

import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """How a call ended. `error` is Lambda's X-Amz-Function-Error: None or `Unhandled`.

    `log` is everything the call wrote, with Lambda's START, END and REPORT lines.
    """

    payload: bytes
    error: str | None = None
    log: str = ""

    @property
    def failed(self) -> bool:
        """True when the function raised, timed out or died."""
        return self.error is not None

    def json(self) -> Any:
        """The payload as Python data."""
        return json.loads(self.payload)


def error_payload(error_type: str, message: str) -> bytes:
    """The payload Lambda itself makes when a runtime times out or exits."""
    return json.dumps(
        {"errorType": error_type, "errorMessage": message}, separators=(",", ":")
    ).encode()


def new_trace_id() -> str:
    """Make a trace header as X-Ray's, of a trace that is not sampled."""
    unique = uuid.uuid4().hex
    return f"Root=1-{int(time.time()):08x}-{unique[:24]};Parent={unique[:16]};Sampled=0"


@dataclass
class Invocation:
    """A call handed to one worker; the Runtime API fills in `payload_out` and sets `done`.

    `timeout` is in seconds and counts from the moment the worker takes the call.
    """

    payload: bytes
    timeout: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace_id: str = field(default_factory=new_trace_id)
    payload_out: bytes | None = None
    error: str | None = None
    done: threading.Event = field(default_factory=threading.Event)
    deadline_ms: int = 0

    def take(self) -> None:
        """The worker has received the call: its time limit starts."""
        self.deadline_ms = int((time.time() + self.timeout) * 1000)

    def finish(self, payload: bytes, error: str | None = None) -> None:
        """Complete the call; only the first answer counts."""
        if not self.done.is_set():
            self.payload_out, self.error = payload, error
            self.done.set()
