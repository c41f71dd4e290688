"""template.yaml as the tests of the created stack see it."""

from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((Path(__file__).parents[3] / "template.yaml").read_text())
    return parsed
