from collections.abc import Iterator

import pytest

from tests.support.api_client import ApiClient
from tests.support.workflow_world import World, deployed_world


@pytest.fixture(scope="module")
def deployed() -> Iterator[World]:
    with deployed_world() as world:
        yield world


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    yield deployed
    deployed.play({})
    deployed.emulator.faults.clear()


@pytest.fixture
def api(world: World) -> ApiClient:
    return ApiClient.of(world.emulator)
