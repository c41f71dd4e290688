"""Environments are read as `sam deploy` reads them, whoever has written them."""

from pathlib import Path

import pytest
from samcli.cli.types import CfnParameterOverridesType

from scripts.samconfig import deployed_environment

# As `sam deploy --guided` writes it for a stack of another name and region
GUIDED = r"""
version = 0.1

[default.global.parameters]
stack_name = "seqstack-dev"
region = "eu-west-1"

[default.deploy.parameters]
stack_name = "seqstack-mia"
profile = "core"
parameter_overrides = "Environment=\"mia\" InputBuckets=\"arn:aws:s3:::a,b\" ImageTag=\"0.1.0\""
"""


@pytest.fixture
def guided(tmp_path: Path) -> Path:
    path = tmp_path / "samconfig.toml"
    path.write_text(GUIDED)
    return path


def as_sam_takes(*words: str) -> dict[str, str]:
    taken: dict[str, str] = CfnParameterOverridesType().convert(words, None, None)
    return taken


def test_parameters_of_a_guided_deployment_reach_sam_as_they_are(guided: Path) -> None:
    environment = deployed_environment("default", guided)

    assert as_sam_takes(*environment.parameters, "ImageTag=f00") == {
        "Environment": "mia",
        "InputBuckets": "arn:aws:s3:::a,b",
        "ImageTag": "f00",
    }


def test_stack_region_and_profile_are_those_that_sam_deploys_to(guided: Path) -> None:
    environment = deployed_environment("default", guided)

    assert environment.stack == "seqstack-mia"
    assert environment.variables == {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_PROFILE": "core",
    }


def test_without_region_and_profile_awss_own_settings_hold() -> None:
    assert deployed_environment("stage").variables == {}


def test_environment_without_a_stack_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text("[mine.deploy.parameters]\nresolve_s3 = true\n")

    with pytest.raises(ValueError, match=r"no stack_name for the environment 'mine'"):
        deployed_environment("mine", path)
