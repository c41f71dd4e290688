from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emulator import watch
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import RunHistory
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, StepState
from tests.support.builders import (
    EXECUTION_ARN,
    RESULTS_BUCKET,
    RUN_ID,
    run_row,
    step_plan,
    step_row,
)


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
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0)


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


def test_fetch_results_copies_what_the_run_has_written_by_version(tmp_path: Path) -> None:
    uri = S3Uri(RESULTS_BUCKET, "results/NA12878/bam/sorted.bam")
    written = (StoredObject(uri, 3, "etag", version_id="v1"),)
    part = replace(uri, key="results/NA12878/bam/parts/part1.bam")
    of_part = step_row(
        plan=replace(step_plan(), step="alignPart1"),
        written=(StoredObject(part, 3, "etag", version_id="v1"),),
    )
    history = RunHistory(run_row(), (of_part, step_row(written=written)), ())
    asked: list[tuple[Any, ...]] = []

    class Bucket:
        def download_file(self, bucket: str, key: str, path: str, **extra: Any) -> None:
            asked.append((bucket, key, extra["ExtraArgs"]))
            Path(path).write_text("BAM")

    ledger = SimpleNamespace(history=lambda _run_id: history)

    fetched = watch.fetch_results(Bucket(), ledger, RUN_ID, tmp_path)

    assert fetched == [tmp_path / "bam/sorted.bam"]
    assert asked == [(uri.bucket, uri.key, {"VersionId": "v1"})]


def test_fetch_results_of_a_run_whose_input_was_refused_copies_nothing(tmp_path: Path) -> None:
    history = RunHistory(run_row(state=RunState.FAILED, results=""), (), ())
    ledger = SimpleNamespace(history=lambda _run_id: history)

    assert watch.fetch_results(SimpleNamespace(), ledger, RUN_ID, tmp_path) == []


def test_run_that_missed_a_gate_is_shown_as_such_once_its_execution_has_ended() -> None:
    executions = [
        {"name": RUN_ID, "status": "RUNNING"},
        {"name": RUN_ID, "status": "FAILED", "error": "QcFailedError", "cause": "meanDepth is 3x"},
    ]
    client = SimpleNamespace(describe_execution=lambda executionArn: executions.pop(0))  # noqa: N803
    stack = SimpleNamespace(outputs={}, client=lambda _service: client)
    row = run_row(state=RunState.QC_FAILED, metrics={"meanDepth": 3})
    history = RunHistory(row, (step_row(state=StepState.SUCCEEDED),), ())
    ledger = SimpleNamespace(history=lambda _run_id: history)

    view = watch.follow_run(stack, ledger, EXECUTION_ARN, lambda _: None)

    assert (view.state, view.error, view.cause) == (
        RunState.QC_FAILED, "QcFailedError", "meanDepth is 3x",
    )  # fmt: skip
    assert view.quality == "depth 3.0x"
    assert view.is_complete
    assert not view.succeeded
