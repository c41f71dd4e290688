from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from emulator.engine.moto_adapters.stepfunctions import executions
from tests.harness.standing_clock import StandingClock
from tests.support.workflow_world import World, deployed_world


class SharedWorld:
    """The deployed stack of every module that has none of its own; one emulator at a time runs."""

    def __init__(self) -> None:
        self._world: World | None = None
        self._undo = ExitStack()

    def take(self) -> World:
        """The stack, with no run, execution or job of an earlier module."""
        if self._world is None:
            self._world = self._undo.enter_context(deployed_world(clock=StandingClock()))
        else:
            _forget_everything(self._world)
        return self._world

    def close(self) -> None:
        self._world = None
        self._undo.close()


def _forget_everything(world: World) -> None:
    jobs_running = world.emulator.batch.jobs_running
    with world.clock.running():
        executions.forget_all()
        for job_id in jobs_running():
            world.emulator.client("batch").terminate_job(jobId=job_id, reason="its test is over")
    world.until(lambda: not jobs_running())
    world.clock.settle()
    table = world.emulator.outputs["LedgerTableName"]
    dynamodb = world.emulator.client("dynamodb")
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="pk, sk")
    for key in [item for page in pages for item in page["Items"]]:
        dynamodb.delete_item(TableName=table, Key=key)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of the shared stack go first, before others start emulators of their own."""
    places = [n for n, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    ordered = sorted((items[n] for n in places), key=_has_own_stack)
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def _has_own_stack(item: pytest.Item) -> bool:
    return hasattr(getattr(item, "module", None), "deployed")


@pytest.fixture(scope="package")
def shared() -> Iterator[SharedWorld]:
    shared = SharedWorld()
    yield shared
    shared.close()


@pytest.fixture(scope="module")
def alone(shared: SharedWorld) -> None:
    """For a module with a stack of its own, which can't run beside the shared one."""
    shared.close()


@pytest.fixture(scope="module")
def deployed(shared: SharedWorld) -> World:
    return shared.take()


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    deployed.clock.settle()  # what an earlier test has set off is not this one's
    yield deployed
    deployed.play({})
    deployed.emulator.faults.clear()
    deployed.emulator.events.intercept = lambda event: [event]
