import pytest

from emulator.engine.batch import capacity
from emulator.engine.batch.capacity import Capacity

MEMINFO = "MemTotal:        8048576 kB\nMemFree:          100000 kB\n"


@pytest.mark.parametrize(
    ("cgroup", "mib"),
    [
        ("max\n", 7859),  # 8,048,576 KiB / 1024 = 7859.9
        ("4294967296\n", 4096),
        ("99999999999\n", 7859),
    ],
)
def test_memory_mib_is_the_smaller_of_machine_and_control_group(cgroup: str, mib: int) -> None:
    assert capacity.memory_mib(MEMINFO, cgroup) == mib


def test_memory_mib_of_strange_meminfo_raises() -> None:
    with pytest.raises(ValueError, match="MemTotal"):
        capacity.memory_mib("MemFree: 1 kB\n", "max")


def test_detect_finds_something() -> None:
    found = capacity.detect()

    assert found.vcpus >= 1
    assert found.memory_mib > 100


@pytest.mark.parametrize(("vcpus", "mib"), [(0, 100), (1, 0), (-1, 100)])
def test_capacity_of_nothing_raises(vcpus: float, mib: int) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Capacity(vcpus, mib)
