from collections.abc import Iterator

import pytest

from seqstack.use_cases.ports import Ledger
from tests.support.aws_world import AwsWorld, aws_world, forget_clients
from tests.support.builders import ALIGN, JOB_ID, all_steps, run_row, step_plan
from tests.support.fakes import FakeLedger


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


@pytest.fixture(params=["dynamodb", "memory"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """An empty ledger: DynamoDB's, and the fake that use cases are tested with."""
    if request.param == "memory":
        return FakeLedger()
    world: AwsWorld = request.getfixturevalue("world")
    return world.ledger


@pytest.fixture
def opened(ledger: Ledger) -> Ledger:
    """A run that has just been opened."""
    assert ledger.open_run(run_row(), all_steps())
    return ledger


@pytest.fixture
def armed(opened: Ledger) -> Ledger:
    """Its first align job is waited for by token-1, and not submitted yet."""
    opened.arm_job(ALIGN, step_plan(), "token-1")
    return opened


@pytest.fixture
def submitted(armed: Ledger) -> Ledger:
    """That job is submitted."""
    armed.record_submission(ALIGN, JOB_ID)
    return armed
