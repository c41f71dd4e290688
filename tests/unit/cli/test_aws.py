"""Which region a command uses: the option, then AWS_REGION, then boto3's own settings."""

import pytest

from cli.aws import Aws
from cli.errors import CliError
from cli.options import Options


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")


def test_region_of_the_environment_as_the_aws_cli_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert Aws(Options()).region == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert Aws(Options()).region == "eu-north-1"
    assert Aws(Options(region="us-west-2")).region == "us-west-2"


def test_missing_region_is_named() -> None:
    with pytest.raises(CliError, match="no AWS region is set"):
        _ = Aws(Options()).region
