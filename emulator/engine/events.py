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
    """Sends the services' events to the matching rules, with `send`.

    `intercept` turns each published event into the events to deliver: a test drops one with `[]`,
    repeats it with `[event, event]`, or stores it and delivers it later with `deliver`.
    """

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self.intercept: Callable[[Event], list[Event]] = lambda event: [event]
        self._published: list[Event] = []
        self._closed = False
        self._lock = threading.Lock()

    def publish(self, event: Event) -> None:
        """Publish a service's event (a whole envelope)."""
        copied = json.loads(json.dumps(event))
        with self._lock:
            self._published.append(copied)
        for delivered in self.intercept(copied):
            self.deliver(delivered)

    def deliver(self, event: Event) -> None:
        """Deliver an event to every matching rule now, without `intercept`."""
        if not self._closed:
            self._send(event)

    def close(self) -> None:
        """Deliver nothing more."""
        self._closed = True

    @property
    def published(self) -> list[Event]:
        """Every event published so far, oldest first, whether delivered or not."""
        with self._lock:
            return list(self._published)


def target_input(target: Event, event: Event) -> bytes:
    """The input of a rule's target: the event, or a constant `Input`."""
    if "Input" in target:
        return str(target["Input"]).encode()
    return json.dumps(event).encode()
