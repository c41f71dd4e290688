"""The emulator with its own small stack (fixtures/small), and short ways to use it in tests."""

import json
import time
from pathlib import Path
from typing import Any

from emulator.stack import Emulator

TEMPLATE = Path(__file__).parent / "fixtures/small/template.yaml"
_LONG_ENOUGH = 30.0


class SmallStack:
    """Executions and items of the small stack."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.states = emulator.client("stepfunctions")
        self.child = emulator.resources["ChildStateMachine"]
        self.parent = emulator.resources["ParentStateMachine"]

    def start(self, machine: str, document: dict[str, Any], name: str | None = None) -> str:
        named = {} if name is None else {"name": name}
        started = self.states.start_execution(
            stateMachineArn=machine, input=json.dumps(document), **named
        )
        return str(started["executionArn"])

    def wait(self, execution: str, seconds: float = _LONG_ENOUGH) -> dict[str, Any]:
        return until(
            lambda: self.states.describe_execution(executionArn=execution),
            lambda described: described["status"] != "RUNNING",
            seconds,
        )

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
        item = until(lambda: self.item(key, "TOKEN"), lambda found: found is not None)
        return str(item["token"]["S"])

    def forget_token(self, key: str) -> None:
        self.emulator.client("dynamodb").delete_item(
            TableName=self.emulator.outputs["TableName"],
            Key={"pk": {"S": key}, "sk": {"S": "TOKEN"}},
        )


def until(look: Any, done: Any, seconds: float = _LONG_ENOUGH) -> Any:
    """What `look()` returns, as soon as `done` is true of it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if done(seen):
            return seen
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s; last seen: {look()!r}")
