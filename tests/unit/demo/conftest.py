from pathlib import Path

import pytest

from demo.exome.generate import DemoExome, generate
from demo.exome.spec import SMALL


@pytest.fixture(scope="session")
def small_exome(tmp_path_factory: pytest.TempPathFactory) -> DemoExome:
    folder: Path = tmp_path_factory.mktemp("small")
    return generate(SMALL, folder)
