"""A full disk: told before it happens where that is possible, and recognised where it is not."""

import errno
import math
import shutil
import signal
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
from seqstack.domain.words import Tool

_GIB = 1 << 30
_FILE_TOO_LARGE = 128 + signal.SIGXFSZ  # RLIMIT_FSIZE: setrlimit(2)
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
# strerror(3) of the first three, as C, Go and Java programs print them
_WORDS = ("no space left on device", "disk quota exceeded", "file too large")
# A disk with less than this left, of the whole, is what made a tool fail that does not say why.
_NEARLY_FULL = 0.01
# A step's largest use of scratch for each byte of the sample's inputs (gzipped FASTQ, BAM or VCF),
# with room to spare. Measured on a simulated exome: bwa 1.6 while sort stays in memory, and its
# spills are once more the BAM; bcftools 1.0; samtools stats 1.0; snpEff 3.6. Isaac keeps 530 bytes
# for each pair; Strelka may need the BAM twice.
SCRATCH_PER_INPUT_BYTE = {
    Tool.BWA: 4.0,
    Tool.ISAAC: 10.0,
    Tool.STRELKA: 2.5,
    Tool.BCFTOOLS: 2.0,
    Tool.SAMTOOLS_STATS: 1.1,
    Tool.SNPEFF: 5.0,
}


def is_disk_full(error: OSError) -> bool:
    """Whether the system would not write for want of space, or at all."""
    return error.errno in _DISK_FULL


@dataclass(slots=True)
class ScratchUse:
    """What is known of a job's need for scratch; sizes in bytes."""

    tool: Tool
    folder: Path
    sample_bytes: int = 0
    reference_bytes: int = 0

    @property
    def needed_gib(self) -> int:
        """Scratch that a job with these inputs needs, reference data included: an estimate."""
        sample = self.sample_bytes * SCRATCH_PER_INPUT_BYTE[self.tool]
        return max(1, math.ceil((sample + self.reference_bytes) / _GIB))

    def require(self, more_bytes: int) -> None:
        """Check that scratch can take `more_bytes`, before they are fetched.

        Raises:
            ScratchFullError: it cannot.
        """
        free = shutil.disk_usage(self.folder).free
        if free < more_bytes:
            raise self.full(f"{more_bytes} bytes are to be fetched, {free} are left")

    def full(self, why: str, error: JobError | None = None) -> ScratchFullError:
        """The error to end with; `error` is what the full disk led to."""
        usage = shutil.disk_usage(self.folder)
        inputs = self.sample_bytes + self.reference_bytes
        return ScratchFullError(
            f"scratch is full: {why}",
            hint=f"scratch has {usage.total} bytes, {usage.free} of them free; {self.tool} needs "
            f"about {self.needed_gib} GiB for the {inputs} bytes of its inputs: give the hosts "
            "that much for each job that runs on them at once (stack parameter ScratchGiB)",
            evidence=() if error is None else (*error.evidence, f"this led to: {error}"),
        )

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Name a full disk as the cause of what it makes fail in the block."""
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
