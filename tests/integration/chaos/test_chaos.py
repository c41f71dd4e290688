"""The short form of `make chaos`: every fault once, in one emulator, and nothing may be harmed."""

from pathlib import Path

import pytest

from tests.harness.chaos.play import Row, play
from tests.harness.chaos.world import ChaosWorld

pytestmark = pytest.mark.long
SEED = 1


@pytest.fixture(scope="module")
def rows(pytestconfig: pytest.Config) -> list[Row]:
    built: Path = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    with ChaosWorld(built, SEED) as world:
        return play(world, is_short=True, tell=lambda _: None)


def test_every_fault_happens(rows: list[Row]) -> None:
    assert [row.fault for row in rows if row.injected == 0] == ["nothing"]


def test_every_run_ends_as_its_fault_demands(rows: list[Row]) -> None:
    assert [problem for row in rows for problem in row.problems] == []


def test_no_job_is_left_and_no_row_is_wrong(rows: list[Row]) -> None:
    assert {row.fault: (row.jobs_left, row.rows_wrong) for row in rows} == {
        row.fault: (0, 0) for row in rows
    }
