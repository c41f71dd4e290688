"""The images that `make images` has built, by the engine that it has built them with."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.built_images import image_tag
from emulator.engine.batch.container_engine import ContainerEngine, find_engine
from image_modules import tools

# Each takes what samtools stats' image has, and changes what it runs.
_TEST_IMAGES = {
    "seqstack/tool:1.0": '["python3", "-u", "-c"]',
    "seqstack/broken:1.0": '["/nosuch"]',
}


def built_tools() -> list[str]:
    """The folders of the tools whose images were built: $TOOLS, as `make images` takes it."""
    given = os.environ.get("TOOLS", "").split()
    return given or tools()


@pytest.fixture(scope="session")
def engine() -> ContainerEngine:
    return find_engine()


@pytest.fixture(scope="session")
def tag(pytestconfig: pytest.Config) -> str:
    return image_tag(pytestconfig.rootpath / "template.yaml")


@pytest.fixture(scope="session")
def test_images(
    engine: ContainerEngine, tag: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    context = tmp_path_factory.mktemp("context")
    for image, entry_point in _TEST_IMAGES.items():
        (context / "Dockerfile").write_text(
            f"FROM seqstack/samtools_stats:{tag}\nENTRYPOINT {entry_point}\n"
        )
        build(engine, image, context)
    yield
    call(engine, "rmi", "--force", *_TEST_IMAGES)


def build(engine: ContainerEngine, image: str, context: Path) -> None:
    arguments = os.environ.get("BUILD_ARGS", "").split()
    call(engine, "build", *arguments, "--tag", image, str(context))


def call(engine: ContainerEngine, *arguments: str) -> str:
    """Run a command of the engine; one that fails shows what it wrote."""
    ended = subprocess.run(
        [engine.program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "BUILDAH_FORMAT": "docker"},
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
