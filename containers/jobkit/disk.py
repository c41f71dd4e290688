"""A full disk: predicted where possible, otherwise recognized from the failure."""

import errno
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobkit.errors import (
    InvalidOutputError,
    JobError,
    ScratchFullError,
    ToolFailedError,
    TransferError,
)
from jobkit.logs import LOG
from seqstack.domain.scratch import GIB, scratch_bytes
from seqstack.tools.definition import ToolDefinition

_FILE_TOO_LARGE = 128 + signal.SIGXFSZ  # RLIMIT_FSIZE: setrlimit(2)
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
# messages of strerror(3), as C, Go and Java programs print them
_WORDS = ("no space left on device", "disk quota exceeded", "file too large")
# If less than this fraction of the disk is free, it is the likely cause of an unexplained failure.
_NEARLY_FULL = 0.01
MORE_SCRATCH = (
    "choose instance types with larger local disks, or, without local disks, a larger volume "
    "(stack parameters InstanceTypes, ScratchVolumeGiB)"
)
# The ECS agent removes the volume of an ended attempt after at most two minutes.
_PATIENCE_SECONDS = 300.0
_LOOK_AGAIN_SECONDS = 5.0


def is_disk_full(error: OSError) -> bool:
    """Whether a write failed for lack of space or because of an I/O error."""
    return error.errno in _DISK_FULL


@dataclass(slots=True)
class ScratchUse:
    """A job's need for scratch; sizes in bytes."""

    tool: ToolDefinition
    folder: Path
    sample_bytes: int = 0
    reference_bytes: int = 0

    @property
    def needed_bytes(self) -> int:
        """Scratch that a job with these inputs needs, reference data included: an estimate."""
        return scratch_bytes(self.tool, self.sample_bytes) + self.reference_bytes

    def expect_sample(self, size: int) -> None:
        """Check that the whole job will have room, before this much of the sample is fetched.

        Raises:
            ScratchFullError: it will not.
        """
        fetched = self.sample_bytes
        self.sample_bytes += size
        self._await_room(self.folder, scratch_bytes(self.tool, self.sample_bytes) - fetched)

    def expect_reference(self, size: int, missing: int, folder: Path) -> None:
        """Check that reference data of `size` bytes fit in `folder`; `missing` bytes are still to
        be fetched.

        Raises:
            ScratchFullError: they have not.
        """
        self.reference_bytes += size
        self._await_room(folder, missing)

    def _await_room(self, folder: Path, wanted: int) -> None:
        """Wait for space: that of a killed job is freed automatically."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (usage := shutil.disk_usage(folder)).free < wanted:
            if usage.total < wanted or time.monotonic() > deadline:
                raise self.full(f"{_gib(wanted)} more are needed, {_gib(usage.free)} are free")
            LOG.info("waiting for scratch: %s of %s are free", _gib(usage.free), _gib(wanted))
            time.sleep(_LOOK_AGAIN_SECONDS)

    def full(self, why: str, error: JobError | None = None) -> ScratchFullError:
        """The error to raise; `error` is the consequence of the full disk."""
        usage = shutil.disk_usage(self.folder)
        inputs = self.sample_bytes + self.reference_bytes
        return ScratchFullError(
            f"scratch is full: {why}",
            hint=f"scratch has {_gib(usage.total)}, {_gib(usage.free)} of them free; {self.tool} "
            f"needs about {_gib(self.needed_bytes)} for the {_gib(inputs)} of its inputs: "
            f"{MORE_SCRATCH}",
            evidence=() if error is None else (*error.evidence, f"this caused: {error}"),
        )

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Raise ScratchFullError for failures in the block that a full disk causes."""
        try:
            yield
        except ScratchFullError:
            raise
        except JobError as error:
            if why := self._why_full(error):
                raise self.full(why, error) from error
            raise
        except OSError as error:
            if is_disk_full(error):
                raise self.full(str(error)) from error
            raise

    def _why_full(self, error: JobError) -> str:
        if error.exit_code == _FILE_TOO_LARGE:
            return f"a file grew larger than this process may write: {error}"
        for line in (*reversed(error.evidence), str(error)):
            if any(word in line.lower() for word in _WORDS):
                return line.strip()
        usage = shutil.disk_usage(self.folder)
        could_be = isinstance(error, ToolFailedError | TransferError | InvalidOutputError)
        if could_be and usage.free < usage.total * _NEARLY_FULL:
            return f"{usage.free} bytes are left"
        return ""


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
