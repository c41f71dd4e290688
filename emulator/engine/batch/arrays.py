"""Array jobs: a parent that runs nothing, and its children, each with an index.

https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html
"""

from typing import Final

LEAST_SIZE: Final = 2
MOST_SIZE: Final = 10_000
CHILD_FAILED: Final = "Array Child Job failed"
"""The `statusReason` of a parent after a child has failed."""


def check_array(size: int | None) -> None:
    """Raise ValueError for a size that Batch refuses."""
    if size is not None and not LEAST_SIZE <= size <= MOST_SIZE:
        raise ValueError(f"arrayProperties.size must be between {LEAST_SIZE} and {MOST_SIZE:,}")
