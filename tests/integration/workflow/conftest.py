from collections.abc import Iterator

import pytest

from tests.harness.standing_clock import StandingClock
from tests.support.workflow_world import World, deployed_world


@pytest.fixture(scope="module")
def deployed() -> Iterator[World]:
    with deployed_world(clock=StandingClock()) as world:
        yield world


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    deployed.clock.settle()  # what an earlier test has set off is not this one's
    yield deployed
    deployed.play({})
    deployed.emulator.faults.clear()
    deployed.emulator.events.intercept = lambda event: [event]
