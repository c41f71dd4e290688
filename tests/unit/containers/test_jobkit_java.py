import pytest

from jobkit.java import heap_mib


@pytest.mark.parametrize(
    ("memory_gib", "expected"), [(None, 4096), (8, 6553), (0.25, 512), (16, 13107)]
)
def test_heap_is_four_fifths_of_the_memory(memory_gib: float | None, expected: int) -> None:
    assert heap_mib(memory_gib) == expected


def test_heaps_of_programs_that_share_a_job_fit_into_its_memory() -> None:
    assert heap_mib(8, 0.75) + heap_mib(8, 0.25) <= heap_mib(8)
