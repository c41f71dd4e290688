from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.local_keys import LocalKeys, published
from tests.support.workflow_world import World, deployed_world


class SeqStack:
    """`seqstack --local`, in this process, against a stack that is served on a port."""

    def __init__(self, port: str) -> None:
        self.shared = ("--local", "--local-port", port)

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, [*self.shared, *arguments], stdin)


@pytest.fixture(scope="package")
def deployed() -> Iterator[World]:
    with deployed_world() as world:
        yield world


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
