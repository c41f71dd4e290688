"""Measure a job's resource usage, and write it to one line of the log."""

import threading
from types import TracebackType
from typing import Self

from jobkit.logs import LOG
from jobkit.measuring import Instrument, instrument
from jobkit.s3_requests import S3Requests
from seqstack.domain.cost.usage import Usage

_SAMPLE_SECONDS = 0.5


class UsageMeter:
    """Samples the job's memory twice a second, and logs the usage when the block ends.

    Attributes:
        requests: the job's requests to S3.
    """

    def __init__(self, source: Instrument | None = None) -> None:
        self.requests = S3Requests()
        self._source = source or instrument()
        self._peak = 0
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="usage", daemon=True)

    def __enter__(self) -> Self:
        self._sampler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._sampler.join()
        LOG.info("%s", self.read().as_message())

    def read(self) -> Usage:
        """The job's usage so far."""
        return Usage(
            peak_memory_bytes=self._peak,
            cpu_seconds=self._source.cpu_seconds(),
            measured_by=self._source.measured_by,
            s3_reads=self.requests.reads,
            s3_writes=self.requests.writes,
        )

    def _sample(self) -> None:
        while True:
            self._peak = max(self._peak, self._source.memory_bytes())
            if self._ended.wait(_SAMPLE_SECONDS):
                return
