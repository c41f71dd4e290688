"""A job's resource usage: its sources, and its line in the log."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jobkit.logs import configure_logging
from jobkit.measuring import ControlGroup, ProcessTree, instrument
from jobkit.s3_requests import S3Requests
from jobkit.usage import UsageMeter
from seqstack.domain.cost.usage import MeasuredBy, Usage

MIB = 1 << 20
# of a container on Linux 6.1; only the keys that matter, and two that do not
MEMORY_STAT = "anon 209715200\nfile 9663676416\nkernel 1048576\nshmem 10485760\n"
CPU_STAT = "usage_usec 61500000\nuser_usec 60000000\nsystem_usec 1500000\n"


@pytest.fixture
def cgroup(tmp_path: Path) -> Path:
    for name, text in (("memory.stat", MEMORY_STAT), ("cpu.stat", CPU_STAT)):
        (tmp_path / name).write_text(text)
    (tmp_path / "cgroup.procs").write_text(f"1\n{os.getpid()}\n")
    return tmp_path


def test_memory_of_a_control_group_leaves_the_page_cache_out(cgroup: Path) -> None:
    # 200 MiB anonymous and 10 MiB shared; 9 GiB of files in the cache do not count
    assert ControlGroup(cgroup).memory_bytes() == 210 * MIB
    assert ControlGroup(cgroup).cpu_seconds() == 61.5


def test_instrument_in_a_container_is_its_control_group(cgroup: Path) -> None:
    assert instrument(cgroup) == ControlGroup(cgroup)


def test_instrument_where_others_are_in_the_control_group_is_the_process_tree(
    cgroup: Path,
) -> None:
    (cgroup / "cgroup.procs").write_text(f"1\n{os.getpid()}\n4711\n")
    assert instrument(cgroup) == ProcessTree()


def test_instrument_outside_of_the_control_group_is_the_process_tree(cgroup: Path) -> None:
    (cgroup / "cgroup.procs").write_text("1\n")
    assert instrument(cgroup) == ProcessTree()


def test_instrument_without_control_groups_of_version_2_is_the_process_tree(
    tmp_path: Path, cgroup: Path
) -> None:
    (cgroup / "memory.stat").unlink()
    assert instrument(cgroup) == ProcessTree()
    assert instrument(tmp_path / "none") == ProcessTree()


def test_process_tree_counts_the_memory_of_grandchildren_and_leaves_others_out() -> None:
    before = ProcessTree().memory_bytes()
    hold = "x = bytearray(64 << 20); print('held', flush=True); input()"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline() == b"held\n"
        held = ProcessTree().memory_bytes() - before
        child.communicate(b"\n")
    # 64 MiB and two interpreters, of some 10 MiB each
    assert 64 * MIB < held < 64 * MIB + 60 * MIB


def test_process_tree_counts_the_cpu_time_of_a_child_that_was_waited_for() -> None:
    before = ProcessTree().cpu_seconds()
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert ProcessTree().cpu_seconds() - before >= 0.3


@dataclass
class Scripted:
    """Shows one amount of memory after the other, and then the last."""

    amounts: list[int]
    measured_by: MeasuredBy = MeasuredBy.CGROUP
    looks: int = 0
    on_look: Callable[[int], None] = field(default=lambda _: None)

    def memory_bytes(self) -> int:
        self.looks += 1
        self.on_look(self.looks)
        return self.amounts[min(self.looks, len(self.amounts)) - 1]

    def cpu_seconds(self) -> float:
        return 2.25


def test_meter_reports_the_highest_of_its_looks_when_the_block_ends(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobkit.usage._SAMPLE_SECONDS", 0.01)
    configure_logging()
    monkeypatch.setattr(logging.getLogger("seqstack.job"), "propagate", True)
    source = Scripted([5, 9, 7])
    with UsageMeter(source) as meter:
        while source.looks < 3:
            pass
        meter.requests.looked_at(3)
    expected = Usage(9, 2.25, MeasuredBy.CGROUP, s3_reads=3, s3_writes=0)
    assert meter.read() == expected
    assert caplog.messages == [expected.as_message()]


def test_meter_looks_at_least_at_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobkit.usage._SAMPLE_SECONDS", 60)
    with UsageMeter(Scripted([5])) as meter:
        pass
    assert meter.read().peak_memory_bytes == 5


def test_meter_reports_a_job_that_failed_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    with pytest.raises(ZeroDivisionError), UsageMeter(Scripted([5])):
        _ = 1 / 0
    assert Usage.from_log(capsys.readouterr().err.splitlines()) == Usage(5, 2.25, MeasuredBy.CGROUP)


@pytest.mark.parametrize(
    ("size", "reads"),
    # a HEAD, and a GET for each 50 MiB that were begun
    [(0, 2), (1, 2), (50 * MIB, 2), (50 * MIB + 1, 3), (120 * MIB, 4)],
)
def test_requests_of_a_download_are_a_head_and_its_parts(size: int, reads: int) -> None:
    requests = S3Requests()
    requests.fetched(size)
    assert (requests.reads, requests.writes) == (reads, 0)


@pytest.mark.parametrize(
    ("size", "writes"),
    # one PUT; or CreateMultipartUpload, the parts, CompleteMultipartUpload
    [(0, 1), (50 * MIB, 1), (50 * MIB + 1, 4), (120 * MIB, 5)],
)
def test_requests_of_an_upload_are_one_or_its_parts_and_two(size: int, writes: int) -> None:
    requests = S3Requests()
    requests.stored(size, part_mib=50)
    assert (requests.reads, requests.writes) == (0, writes)
