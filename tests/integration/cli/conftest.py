from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.local_keys import LocalKeys, published
from emulator.engine.batch.capacity import Capacity
from tests.harness.emulator import Emulator
from tests.support.workflow_world import RECONCILE_SECONDS, World
from tests.support.writing_jobs import WritingJobs

_PLENTY = Capacity(vcpus=1000, memory_mib=10**7)


class SeqStack:
    """`seqstack --local`, in this process, against a stack that is served on a port."""

    def __init__(self, port: str) -> None:
        self.shared = ("--local", "--local-port", port)

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, [*self.shared, *arguments], stdin)


@pytest.fixture(scope="package")
def deployed(pytestconfig: pytest.Config) -> Iterator[World]:
    built: Path = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    runner = WritingJobs()
    parameters = {"ReconcileSeconds": str(RECONCILE_SECONDS)}
    with Emulator(built, parameters, job_runner=runner, capacity=_PLENTY) as emulator:
        runner.s3 = emulator.client("s3")
        yield World(emulator, runner)


@pytest.fixture
def world(deployed: World) -> Iterator[World]:
    yield deployed
    deployed.play({})
    deployed.emulator.faults.clear()


@pytest.fixture
def seqstack(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SeqStack]:
    port = world.emulator.endpoint_url.rpartition(":")[2]
    keys = world.emulator.keys
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with published(int(port), LocalKeys(keys.access_key, keys.secret_key)):
        yield SeqStack(port)
