from collections.abc import Iterator

import pytest

from emulator.batch.scripted import ScriptedRunner
from emulator.clock import StandingClock
from emulator.stack import Emulator
from tests.integration.emulator.small_stack import TEMPLATE, SmallStack


@pytest.fixture(scope="module")
def stack() -> Iterator[SmallStack]:
    clock = StandingClock()
    with Emulator(TEMPLATE, job_runner=ScriptedRunner(clock=clock), clock=clock) as emulator:
        yield SmallStack(emulator, clock)
