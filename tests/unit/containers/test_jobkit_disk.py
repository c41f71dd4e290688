"""A full disk: told beforehand, and recognised behind what it makes fail."""

import errno
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
from seqstack.domain.words import Tool

GIB = 1 << 30


def use(folder: Path) -> ScratchUse:
    return ScratchUse(Tool.BWA, folder)


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


def test_require_refuses_more_than_is_free_and_says_how_much_is_needed(half_full: None) -> None:
    wanted = use(Path())
    wanted.sample_bytes, wanted.reference_bytes = 60 * GIB, 8 * GIB
    wanted.require(50 * GIB)
    with pytest.raises(ScratchFullError) as caught:
        wanted.require(60 * GIB)
    assert caught.value.exit_code == 74
    # the sample's bytes times bwa's 4, and the reference
    assert "bwa needs about 248 GiB" in caught.value.hint
    assert "ScratchGiB" in caught.value.hint


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
    assert f"this led to: {error}" in caught.value.evidence


@pytest.mark.parametrize(
    "error", [failing("failed"), InvalidInputError("x"), OSError(errno.EACCES, "no")]
)
def test_failure_on_a_disk_with_room_stays_what_it_is(half_full: None, error: Exception) -> None:
    with pytest.raises(type(error)) as caught, use(Path()).watched():
        raise error
    assert caught.value is error


def test_bad_input_on_a_nearly_full_disk_stays_bad_input(nearly_full: None) -> None:
    with pytest.raises(InvalidInputError), use(Path()).watched():
        raise InvalidInputError("reads_1.fastq.gz is not a whole gzip file")
