"""The stack in an emulator that SAM's containers reach.

Environment: SAM, the command (`sam`); SAM_LOCAL_ARGS, more of its arguments; SAM_LOCAL_HOST, the
address of this machine as containers see it (that of Docker's bridge); SAM_LOCAL_EVERY=invoke calls
every event by `sam local invoke`, not only the first of each function.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from emulator.sam_variables import sam_variables
from tests.engine.sam_local.invoking import ROOT, InvokeCommand, SamCli, StartLambda
from tests.harness.emulator import Emulator
from tests.harness.scripted import Act, ScriptedRunner
from tests.support.live_world import LiveWorld


def address_for_containers() -> str:
    """Where an emulator must listen so that containers reach it, and nobody outside does."""
    if address := os.environ.get("SAM_LOCAL_HOST"):
        return address
    client = docker.from_env()
    try:
        address = client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    finally:
        client.close()
    return str(address)


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The stack. Jobs never end, and no event moves anything: what happens, the event does."""
    with Emulator(
        ROOT / ".aws-sam/build/template.yaml",
        host=address_for_containers(),
        job_runner=ScriptedRunner({"*": [Act.hang()]}),
    ) as emulator:
        emulator.events.intercept = lambda _event: []
        yield emulator


@pytest.fixture(scope="session")
def world(emulator: Emulator) -> Iterator[LiveWorld]:
    world = LiveWorld(emulator)
    yield world
    world.close()


@pytest.fixture(scope="session")
def sam(emulator: Emulator, world: LiveWorld, tmp_path_factory: pytest.TempPathFactory) -> SamCli:
    """`sam`, with the variables of the deployed functions."""
    variables = sam_variables(emulator)
    for function in variables.values():
        if "RESULTS_BUCKET" in function:
            function["RESULTS_BUCKET"] = world.results_bucket  # the one that the events name
    path = tmp_path_factory.mktemp("sam") / "env.json"
    path.write_text(json.dumps(variables))
    return SamCli(path, emulator.environment)


@pytest.fixture(scope="session")
def invoke_command(sam: SamCli) -> InvokeCommand:
    return InvokeCommand(sam)


@pytest.fixture(scope="session")
def start_lambda(sam: SamCli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartLambda]:
    with closing(StartLambda(sam, tmp_path_factory.mktemp("start-lambda") / "log")) as server:
        yield server
