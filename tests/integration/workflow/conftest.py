from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.engine.batch.capacity import Capacity
from tests.harness.emulator import Emulator
from tests.harness.standing_clock import StandingClock
from tests.support.workflow_world import RECONCILE_SECONDS, World
from tests.support.writing_jobs import WritingJobs

_PLENTY = Capacity(vcpus=1000, memory_mib=10**7)  # no scripted job waits for another's end


@pytest.fixture(scope="module")
def deployed(pytestconfig: pytest.Config) -> Iterator[World]:
    built: Path = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    runner = WritingJobs(clock=StandingClock())
    parameters = {"ReconcileSeconds": str(RECONCILE_SECONDS)}
    with Emulator(
        built, parameters, job_runner=runner, clock=runner.clock, capacity=_PLENTY
    ) as emulator:
        runner.s3 = emulator.client("s3")
        yield World(emulator, runner)


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    deployed.clock.settle()  # what an earlier test has set off is not this one's
    yield deployed
    deployed.play({})
    deployed.emulator.faults.clear()
    deployed.emulator.events.intercept = lambda event: [event]
