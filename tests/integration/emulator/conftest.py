from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from emulator.engine.moto_adapters.stepfunctions import executions
from tests.harness.emulator import Emulator
from tests.harness.scripted import ScriptedRunner
from tests.harness.standing_clock import StandingClock
from tests.support.small_stack import TEMPLATE, SmallStack


class SharedStack:
    """The small stack of every module that asks for one; one emulator at a time can run."""

    def __init__(self) -> None:
        self._stack: SmallStack | None = None
        self._undo = ExitStack()

    def take(self) -> SmallStack:
        """The stack, with nothing that an earlier module has left under way."""
        if self._stack is None:
            clock = StandingClock()
            emulator = Emulator(TEMPLATE, job_runner=ScriptedRunner(clock=clock), clock=clock)
            self._stack = SmallStack(self._undo.enter_context(emulator), clock)
            return self._stack
        emulator = self._stack.emulator
        with self._stack.clock.running():
            executions.forget_all()
        self._stack.clock.settle()
        emulator.faults.clear()
        emulator.events.intercept = lambda event: [event]
        return self._stack

    def close(self) -> None:
        self._stack = None
        self._undo.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of the shared stack go first, before others start emulators of their own."""
    places = [n for n, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    ordered = sorted((items[n] for n in places), key=lambda item: not _uses_stack(item))
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def _uses_stack(item: pytest.Item) -> bool:
    return "stack" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def shared() -> Iterator[SharedStack]:
    shared = SharedStack()
    yield shared
    shared.close()


@pytest.fixture(scope="module", autouse=True)
def _alone(request: pytest.FixtureRequest, shared: SharedStack) -> None:
    """No shared stack beside the emulators of a module that asks for none."""
    mine = [item for item in request.session.items if item.path == request.path]
    if not any(map(_uses_stack, mine)):
        shared.close()


@pytest.fixture(autouse=True)
def _alone_for_a_test(request: pytest.FixtureRequest, shared: SharedStack) -> None:
    if "stack" not in request.fixturenames:
        shared.close()


@pytest.fixture(scope="module")
def stack(shared: SharedStack) -> SmallStack:
    return shared.take()
