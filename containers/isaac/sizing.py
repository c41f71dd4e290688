"""Isaac's buffers, sized to the job's memory: pure.

`isaac-align -m` limits the address space (RLIMIT_AS); it does not shrink the buffers, and isaac
dies with std::bad_alloc when they do not fit. The coefficients below are fitted to the address
space of Isaac 04.18.11.09 with pairs of 2 x 100, 2 x 150 and 2 x 250 bases, up to 16 threads and a
reference of 200 million bases. A cluster's buffer has room for a pair's bases and for its name.
"""

import math
from dataclasses import dataclass

from jobkit.errors import UsageError

LEAST_MEMORY_GIB = 2  # with -m 1 the BAM stage aborts after the statistics were written
_GIB = float(1 << 30)
_BYTES_PER_BUCKET = 4
_BYTES_PER_BASE = 4
_BUCKETS_LEAST, _BUCKETS_MOST = 1 << 24, 1 << 32  # the upper end is Isaac's default
_CLUSTERS_LEAST, _CLUSTERS_MOST = 100_000, 8_000_000
_CLUSTERS_STEP = 100_000
_BYTES_PER_CLUSTER_LETTER = 5
_FIXED_GIB = 0.75
_THREAD_GIB = 0.12
_MARGIN = 1.2  # a margin, because the fit may be off for other data


@dataclass(frozen=True, slots=True)
class Sizing:
    """For isaac-align: -m (whole GB), --hash-table-buckets, --clusters-at-a-time."""

    memory_gib: int
    buckets: int
    clusters: int


def size_buffers(
    memory_gib: float, *, reference_bases: int, read_bases: int, name_length: int, threads: int
) -> Sizing:
    """The largest buffers that fit.

    Args:
        memory_gib: the whole job's memory.
        reference_bases: total length of the contigs.
        read_bases: bases of one pair.
        name_length: the value of isaac-align's --read-name-length.
        threads: of isaac-align.

    Raises:
        UsageError: even the smallest buffers do not fit.
    """
    limit = max(LEAST_MEMORY_GIB, math.floor(memory_gib))
    wanted = 1 << max(1, reference_bases).bit_length()
    buckets = min(_BUCKETS_MOST, max(_BUCKETS_LEAST, wanted))
    fixed = _FIXED_GIB + _THREAD_GIB * threads + reference_bases * _BYTES_PER_BASE / _GIB
    per_cluster = _BYTES_PER_CLUSTER_LETTER * (read_bases + name_length) / _GIB
    while True:
        left = limit / _MARGIN - fixed - buckets * _BYTES_PER_BUCKET / _GIB
        clusters = math.floor(left / per_cluster / _CLUSTERS_STEP) * _CLUSTERS_STEP
        if clusters >= _CLUSTERS_LEAST:
            return Sizing(limit, buckets, min(_CLUSTERS_MOST, clusters))
        if buckets == _BUCKETS_LEAST:
            needed = (limit / _MARGIN - left + per_cluster * _CLUSTERS_LEAST) * _MARGIN
            raise UsageError(
                f"isaac-align needs about {math.ceil(needed)} GiB for this reference, "
                f"these reads and {threads} threads; the job has {memory_gib:g}",
                hint="give the align step more memory, or fewer vCPUs",
            )
        buckets >>= 1
