"""The emulator with its own small stack (small/), and short ways to use it in tests."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.harness.emulator import Emulator
from tests.harness.standing_clock import StandingClock
from tests.support.waiting import until

TEMPLATE = Path(__file__).parent / "small/template.yaml"


class SmallStack:
    """Executions and items of the small stack.

    With a standing `clock`, time passes only while a test waits, and when nothing else can happen.
    """

    def __init__(self, emulator: Emulator, clock: StandingClock | None = None) -> None:
        self.emulator = emulator
        self._clock = clock
        self.states = emulator.client("stepfunctions")
        self.child = emulator.resources["ChildStateMachine"]
        self.parent = emulator.resources["ParentStateMachine"]

    def start(self, machine: str, document: dict[str, Any], name: str | None = None) -> str:
        named = {} if name is None else {"name": name}
        started = self.states.start_execution(
            stateMachineArn=machine, input=json.dumps(document), **named
        )
        return str(started["executionArn"])

    @property
    def clock(self) -> StandingClock:
        assert self._clock is not None
        return self._clock

    @contextmanager
    def takes(self, seconds: float) -> Iterator[None]:
        """The block takes this long on the clock."""
        before = self.clock.monotonic()
        yield
        assert self.clock.monotonic() - before == pytest.approx(seconds)

    def until[T](self, look: Callable[[], T], done: Callable[[T], object] = bool) -> T:
        """The result of `look()`, as soon as `done` is true for it."""
        if self._clock is None:
            return until(look, done)

        def seen() -> list[T]:
            found = look()
            return [found] if done(found) else []

        return self._clock.until(seen)[0]

    def wait(self, execution: str) -> dict[str, Any]:
        return self.until(
            lambda: self.states.describe_execution(executionArn=execution),
            lambda described: described["status"] != "RUNNING",
        )

    def asleep(self) -> int:
        """The number of calls of the function `fail` that have started to sleep."""
        logs = self.emulator.client("logs")
        found = logs.filter_log_events(logGroupName="/aws/lambda/fail-test")["events"]
        return sum(event["message"] == "about to sleep" for event in found)

    def run(self, machine: str, document: dict[str, Any], name: str | None = None) -> Any:
        return self.wait(self.start(machine, document, name))

    def history(self, execution: str) -> list[dict[str, Any]]:
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def types(self, execution: str) -> list[str]:
        return [event["type"] for event in self.history(execution)]

    def item(self, pk: str, sk: str) -> dict[str, Any] | None:
        found = self.emulator.client("dynamodb").get_item(
            TableName=self.emulator.outputs["TableName"], Key={"pk": {"S": pk}, "sk": {"S": sk}}
        )
        return found.get("Item")

    def token(self, key: str) -> str:
        """The token of the task that parked itself under `key`; waits until there is one."""
        item = self.until(lambda: self.item(key, "TOKEN"), lambda found: found is not None)
        assert item is not None
        return str(item["token"]["S"])

    def forget_token(self, key: str) -> None:
        self.emulator.client("dynamodb").delete_item(
            TableName=self.emulator.outputs["TableName"],
            Key={"pk": {"S": key}, "sk": {"S": "TOKEN"}},
        )
