"""Segments in a pyflow log; the lines are of Strelka 2.9.10's germline demo."""

from pathlib import Path

import pytest

from seqstack.domain.progress import Counted, Unit
from strelka.segments import Segments

STAMP = "[2019-05-29T02:20:53.776227Z] [mu01] [31686_1]"
TO = "to sub-workflow 'CallGenome'"
FROM = "launched from sub-workflow 'CallGenome'"
PLANNED = f"{STAMP} [TaskRunner:CallGenome] Finished task specification for sub-workflow\n"
OTHERS = "".join(
    f"{STAMP} {line}\n"
    for line in (
        "[TaskRunner:masterWorkflow] Finished task specification for master workflow",
        f"[WorkflowRunner] Adding command task 'CallGenome+makeTmpDir' {TO}",
        f"[TaskManager] Completed command task: 'CallGenome+makeTmpDir' {FROM}",
        f"[TaskManager] Completed command task: 'CallGenome+completedAllGenomeSegments' {FROM}",
    )
)


def added(segment: int) -> str:
    task = f"CallGenome+callGenomeSegment_chromId_000_demo20_{segment:04d}"
    return f"{STAMP} [WorkflowRunner] Adding command task '{task}' {TO}\n"


def called(segment: int) -> str:
    task = f"CallGenome+callGenomeSegment_chromId_000_demo20_{segment:04d}"
    launched = f"{STAMP} [TaskManager] Launching command task: '{task}' from sub-workflow\n"
    return f"{launched}{STAMP} [TaskManager] Completed command task: '{task}' {FROM}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "workspace/pyflow.data/logs/pyflow_log.txt"
    path.parent.mkdir(parents=True)
    return path


def windows(done: int, total: int | None) -> Counted:
    return Counted(Unit.WINDOWS, done, total)


def test_segments_are_counted_while_the_log_grows(log: Path, tmp_path: Path) -> None:
    segments = Segments(tmp_path)
    assert segments() is None

    with log.open("w", buffering=1) as lines:
        lines.write(OTHERS)
        assert segments() is None
        lines.write(added(0) + called(0) + added(1))
        assert segments() == windows(1, None)  # more may be planned
        lines.write(added(2) + PLANNED)
        assert segments() == windows(1, 3)
        line = called(2)
        lines.write(line[:-9])
        lines.flush()
        assert segments() == windows(1, 3)
        lines.write(line[-9:] + called(1))
        assert segments() == windows(3, 3)
        assert segments() == windows(3, 3)
