"""Requests to S3, counted as S3 charges for them."""

from dataclasses import dataclass

_MIB = 1 << 20
_FETCHED_AT_ONCE = 50 * _MIB  # s5cmd's default for a download


@dataclass(slots=True)
class S3Requests:
    """What s5cmd 2.3 asks S3 for: `reads` are HEAD and GET, `writes` PUT and POST.

    Requests that s5cmd repeats are not known. Deleting is free.
    """

    reads: int = 0
    writes: int = 0

    def looked_at(self, objects: int) -> None:
        """A HEAD for each object."""
        self.reads += objects

    def fetched(self, size: int) -> None:
        """An object of `size` bytes was fetched: a HEAD, and a GET for each part."""
        self.reads += 1 + max(1, -(-size // _FETCHED_AT_ONCE))

    def stored(self, size: int, part_mib: int) -> None:
        """A file of `size` bytes was sent: in one PUT, or in parts between a POST and another."""
        parts = max(1, -(-size // (part_mib * _MIB)))
        self.writes += parts if parts == 1 else parts + 2
