"""A full disk: predicted, and recognized as the cause of failures."""

import errno
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from jobkit.disk import ScratchUse
from jobkit.errors import (
    InvalidInputError,
    InvalidOutputError,
    JobError,
    ScratchFullError,
    ToolFailedError,
    TransferError,
)
from seqstack.tools.bwa import BWA

GIB = 1 << 30


def use(folder: Path) -> ScratchUse:
    return ScratchUse(BWA, folder)


def failing(tail: str, status: int = 1) -> ToolFailedError:
    return ToolFailedError(["samtools", "sort"], status, [tail])


@pytest.fixture
def nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(total=100 * GIB, used=100 * GIB, free=GIB // 2)
    monkeypatch.setattr("jobkit.disk.shutil.disk_usage", lambda _: usage)


@pytest.fixture
def half_full(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(total=100 * GIB, used=50 * GIB, free=50 * GIB)
    monkeypatch.setattr("jobkit.disk.shutil.disk_usage", lambda _: usage)


@dataclass
class Disk:
    """A disk whose free bytes are a sequence; the last value is repeated."""

    free: list[int]
    looks: int = 0
    slept: float = 0.0

    def usage(self, _: Path) -> SimpleNamespace:
        free = self.free[min(self.looks, len(self.free) - 1)]
        self.looks += 1
        return SimpleNamespace(total=100 * GIB, used=100 * GIB - free, free=free)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def monotonic(self) -> float:
        return self.slept


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk([50 * GIB])
    monkeypatch.setattr("jobkit.disk.shutil.disk_usage", disk.usage)
    monkeypatch.setattr("jobkit.disk.time.sleep", disk.sleep)
    monkeypatch.setattr("jobkit.disk.time.monotonic", disk.monotonic)
    return disk


def test_sample_whose_job_has_room_is_expected_at_once(disk: Disk) -> None:
    use(Path()).expect_sample(int(12.5 * GIB))  # bwa takes four times that
    assert disk.slept == 0


def test_sample_whose_job_no_disk_of_this_size_can_hold_is_refused_at_once(disk: Disk) -> None:
    wanted = use(Path())
    wanted.expect_reference(8 * GIB, 8 * GIB, Path())
    with pytest.raises(ScratchFullError) as caught:
        wanted.expect_sample(60 * GIB)
    assert caught.value.exit_code == 74
    assert disk.slept == 0
    # the sample's bytes times bwa's 4, and the reference
    assert str(caught.value) == "scratch is full: 240.0 GiB more are needed, 50.0 GiB are free"
    assert "scratch has 100.0 GiB, 50.0 GiB of them free" in caught.value.hint
    assert "bwa needs about 248.0 GiB for the 68.0 GiB of its inputs" in caught.value.hint
    assert "ScratchVolumeGiB" in caught.value.hint


def test_sample_that_comes_in_two_parts_needs_room_for_what_is_not_there_yet(disk: Disk) -> None:
    wanted = use(Path())
    wanted.expect_sample(10 * GIB)
    disk.free = [40 * GIB]  # the first part lies there
    wanted.expect_sample(2 * GIB)  # 48 in all, 10 of them there
    disk.free = [37 * GIB]
    with pytest.raises(ScratchFullError, match=r"38\.0 GiB more are needed"):
        use_with(10 * GIB).expect_sample(2 * GIB)


def use_with(sample_bytes: int) -> ScratchUse:
    return ScratchUse(BWA, Path(), sample_bytes)


def test_room_that_another_job_still_holds_is_waited_for(disk: Disk) -> None:
    disk.free = [50 * GIB, 50 * GIB, 81 * GIB]
    use(Path()).expect_sample(20 * GIB)
    assert disk.slept == 10


def test_room_that_does_not_come_free_is_given_up_after_five_minutes(disk: Disk) -> None:
    with pytest.raises(ScratchFullError, match=r"80\.0 GiB more are needed, 50\.0 GiB are free"):
        use(Path()).expect_sample(20 * GIB)
    assert 300 <= disk.slept <= 310


def test_reference_that_is_there_needs_no_room(disk: Disk) -> None:
    wanted = use(Path())
    wanted.expect_reference(99 * GIB, 0, Path())
    assert wanted.needed_bytes == 99 * GIB


@pytest.mark.parametrize(
    "error",
    [
        failing("samtools sort: failed writing to sort.0000.bam: No space left on device"),
        TransferError("s5cmd", evidence=["cp s3://b/x /s/x: write /s/x: no space left on device"]),
        InvalidInputError("no database", evidence=["java.io.IOException: Disk quota exceeded"]),
        failing("bgzip: File too large"),
        OSError(errno.ENOSPC, "No space left on device", "/scratch/x"),
    ],
)
def test_failure_that_speaks_of_a_full_disk_is_named_so(half_full: None, error: Exception) -> None:
    with (
        pytest.raises(ScratchFullError, match="scratch is full: ") as caught,
        use(Path()).watched(),
    ):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [failing("failed"), InvalidOutputError("sorted.bam is cut off")])
def test_failure_without_words_on_a_full_disk_is_named_so(
    nearly_full: None, error: JobError
) -> None:
    with pytest.raises(ScratchFullError) as caught, use(Path()).watched():
        raise error
    assert f"this caused: {error}" in caught.value.evidence


@pytest.mark.parametrize(
    "error", [failing("failed"), InvalidInputError("x"), OSError(errno.EACCES, "no")]
)
def test_failure_on_a_disk_with_room_stays_what_it_is(half_full: None, error: Exception) -> None:
    with pytest.raises(type(error)) as caught, use(Path()).watched():
        raise error
    assert caught.value is error


def test_bad_input_on_a_nearly_full_disk_stays_bad_input(nearly_full: None) -> None:
    with pytest.raises(InvalidInputError), use(Path()).watched():
        raise InvalidInputError("reads_1.fastq.gz is not a complete gzip file")
