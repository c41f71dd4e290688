from collections.abc import Iterator

import pytest

from tests.aws_world import AwsWorld, aws_world, forget_clients


@pytest.fixture(scope="package", autouse=True)
def _own_clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsWorld]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with aws_world() as world:
        yield world
