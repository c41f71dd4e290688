"""template.yaml as the unit tests of the stack see it: text, and parsed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from scripts.cfn_translation import translate
from scripts.cfn_values import resolve

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def template_text() -> str:
    return (ROOT / "template.yaml").read_text()


@pytest.fixture(scope="session")
def template(template_text: str) -> dict[str, Any]:
    return yaml_parse(template_text)


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return template["Resources"]


@pytest.fixture(scope="session")
def deployed() -> Callable[..., dict[str, dict[str, Any]]]:
    """The resources that CloudFormation makes with the given parameters, values filled in."""
    body = translate(ROOT / "template.yaml")
    return lambda **parameters: resolve(body, parameters)["Resources"]
