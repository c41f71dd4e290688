from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emulator import watch
from seqstack.domain.records import RunHistory
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, StepState
from tests.builders import EXECUTION_ARN, RUN_ID, run_row, step_row


class FailedExecution:
    """A stack whose only execution has failed."""

    def __init__(self) -> None:
        self.outputs: dict[str, str] = {}

    def client(self, _service: str) -> Any:
        described = {"name": RUN_ID, "status": "FAILED", "error": "ToolFailedError", "cause": "…"}
        return SimpleNamespace(describe_execution=lambda executionArn: described)  # noqa: N803


@dataclass
class SlowLedger:
    """A ledger whose only step is closed after a few looks."""

    states: list[StepState]
    looks: int = field(default=0)

    def history(self, _run_id: str) -> RunHistory:
        state = self.states[min(self.looks, len(self.states) - 1)]
        self.looks += 1
        return RunHistory(run_row(state=RunState.FAILED), (step_row(state=state),), ())


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_LOOK_SECONDS", 0)


def test_follow_run_ended_before_its_steps_shows_how_they_were_closed() -> None:
    ledger = SlowLedger([StepState.PENDING, StepState.PENDING, StepState.STOPPED])

    view = watch.follow_run(FailedExecution(), ledger, EXECUTION_ARN, lambda _: None)

    assert [step.state for step in view.steps] == [StepState.STOPPED]
    assert ledger.looks == 3


def test_follow_run_step_never_closed_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "_SETTLE_SECONDS", 0.01)
    ledger = SlowLedger([StepState.PENDING])

    view = watch.follow_run(FailedExecution(), ledger, EXECUTION_ARN, lambda _: None)

    assert view.state is RunState.FAILED


@pytest.mark.parametrize("key", ["results/a\x1b[2J.bam", "results/\u202ea", "results/../../a"])
def test_fetch_results_under_a_key_that_is_no_file_name_copies_nothing(
    tmp_path: Path, key: str
) -> None:
    class Bucket:
        def get_paginator(self, _operation: str) -> Any:
            pages = [{"Contents": [{"Key": key}]}]
            return SimpleNamespace(paginate=lambda **_: pages)

        def download_file(self, *_: str) -> None:
            pytest.fail("it was copied")

    stack = SimpleNamespace(outputs={}, client=lambda _service: Bucket())

    with pytest.raises(OSError, match="can't be copied") as refused:
        watch.fetch_results(stack, S3Uri("b", "results/"), tmp_path / "here")
    assert str(refused.value).isprintable()
