"""The default event bus: service events go to the rules of the stack, and so to functions."""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from emulator.engine.aws import ACCOUNT_ID, REGION

Event = dict[str, Any]


def service_event(source: str, detail_type: str, resources: list[str], detail: Event) -> Event:
    """The envelope that AWS puts around a service's event.

    Source: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT_ID,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": resources,
        "detail": detail,
    }


class EventBus:
    """Takes the services' events to the rules that match them, by `send`.

    `intercept` turns each published event into the events to deliver: a test drops one with `[]`,
    repeats it with `[event, event]`, or keeps it and delivers it later with `deliver`.
    """

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self.intercept: Callable[[Event], list[Event]] = lambda event: [event]
        self._published: list[Event] = []
        self._closed = False
        self._lock = threading.Lock()

    def publish(self, event: Event) -> None:
        """Send a service's event (a whole envelope) on its way."""
        copied = json.loads(json.dumps(event))
        with self._lock:
            self._published.append(copied)
        for delivered in self.intercept(copied):
            self.deliver(delivered)

    def deliver(self, event: Event) -> None:
        """Hand an event to every matching rule now, past `intercept`."""
        if not self._closed:
            self._send(event)

    def close(self) -> None:
        """Deliver nothing more: what ends with the emulator is nobody's concern."""
        self._closed = True

    @property
    def published(self) -> list[Event]:
        """Every event published so far, oldest first, whether delivered or not."""
        with self._lock:
            return list(self._published)


def target_input(target: Event, event: Event) -> bytes:
    """What a rule's target is given: the event, or a constant `Input`."""
    if "Input" in target:
        return str(target["Input"]).encode()
    return json.dumps(event).encode()
