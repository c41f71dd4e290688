"""Requests to S3, counted as S3 charges for them."""

from dataclasses import dataclass

_MIB = 1 << 20
_FETCHED_AT_ONCE = 50 * _MIB  # s5cmd's default for a download


@dataclass(slots=True)
class S3Requests:
    """The requests of s5cmd 2.3: `reads` are HEAD and GET, `writes` PUT and POST.

    Retries of s5cmd are not counted. Deleting is free.
    """

    reads: int = 0
    writes: int = 0

    def looked_at(self, objects: int) -> None:
        """Count a HEAD for each object."""
        self.reads += objects

    def fetched(self, size: int) -> None:
        """Count the download of `size` bytes: a HEAD, and a GET for each part."""
        self.reads += 1 + max(1, -(-size // _FETCHED_AT_ONCE))

    def stored(self, size: int, part_mib: int) -> None:
        """Count the upload of `size` bytes: one PUT, or the PUTs of parts between two POSTs."""
        parts = max(1, -(-size // (part_mib * _MIB)))
        self.writes += parts if parts == 1 else parts + 2
