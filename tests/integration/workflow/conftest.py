from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.batch.scripted import ScriptedRunner
from emulator.stack import Emulator
from tests.integration.workflow.world import RECONCILE_SECONDS, World


@pytest.fixture(scope="module")
def deployed(pytestconfig: pytest.Config) -> Iterator[World]:
    built: Path = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    runner = ScriptedRunner()
    parameters = {"ReconcileSeconds": str(RECONCILE_SECONDS)}
    with Emulator(built, parameters, job_runner=runner) as emulator:
        yield World(emulator, runner)


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    yield deployed
    deployed.play({})
    deployed.emulator.faults.clear()
    deployed.emulator.events.intercept = lambda event: [event]
