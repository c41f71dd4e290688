"""The Makefile gives programs a region only where none of them reaches AWS."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REACH_AWS = ["push-images", "release", "smoke-run", "first-hour"]


def region_of(target: str, **given: str) -> str | None:
    """AWS_DEFAULT_REGION of the commands that `make TARGET` would run."""
    # without what a `make test` around this one has set
    environment = {
        name: value
        for name, value in os.environ.items()
        if "REGION" not in name and "MAKE" not in name
    }
    shown = subprocess.run(
        ["make", "--just-print", "--print-data-base", "--question", target],  # noqa: S607
        cwd=ROOT,
        env=environment | given,
        capture_output=True,
        text=True,
        check=False,  # of --question, which runs nothing
    )
    lines = [line.partition(" = ") for line in shown.stdout.splitlines()]
    found = [value for name, _, value in lines if name == "AWS_DEFAULT_REGION"]
    return found[0] if found else None


@pytest.mark.parametrize("target", REACH_AWS)
def test_what_reaches_aws_has_the_region_of_the_users_own_settings(target: str) -> None:
    assert region_of(target) is None
    assert region_of(target, AWS_DEFAULT_REGION="eu-west-1") == "eu-west-1"


def test_checks_have_a_region_without_any_settings() -> None:
    assert region_of("lint") == "us-east-1"
