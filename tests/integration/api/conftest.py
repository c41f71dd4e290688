from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.emulator import Emulator
from tests.support.api_client import ApiClient
from tests.support.workflow_world import RECONCILE_SECONDS, World
from tests.support.writing_jobs import WritingJobs


@pytest.fixture(scope="package")
def built(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / ".aws-sam/build/template.yaml"


@pytest.fixture(scope="module")
def deployed(built: Path) -> Iterator[World]:
    runner = WritingJobs()
    parameters = {"ReconcileSeconds": str(RECONCILE_SECONDS)}
    with Emulator(built, parameters, job_runner=runner) as emulator:
        runner.s3 = emulator.client("s3")
        yield World(emulator, runner)


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    yield deployed
    deployed.play({})
    deployed.emulator.faults.clear()


@pytest.fixture
def api(world: World) -> ApiClient:
    return ApiClient.of(world.emulator)
