"""The capacity of a machine, and a job's request."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_KIB_PER_MIB = 1024
_BYTES_PER_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Capacity:
    """An amount of compute: vCPUs and memory in MiB, both above zero.

    `jobs_per_cpu` is of a machine: the vCPUs of so many jobs may be the same CPU. Memory is never
    given twice.
    """

    vcpus: float
    memory_mib: int
    jobs_per_cpu: int = 1

    def __post_init__(self) -> None:
        """Refuse amounts that Batch refuses, too."""
        if self.vcpus <= 0 or self.memory_mib <= 0:
            raise ValueError(f"vCPUs and memory must be above zero, not {self}")


def detect() -> Capacity:
    """Measure this machine: the CPUs this process may use, and all of its memory.

    Memory is the smaller of the machine's (`/proc/meminfo`) and the control group's limit. Two jobs
    share a CPU: each leaves it idle at times, while it is started or staged, or in one thread.
    """
    cgroup = _CGROUP_LIMIT.read_text() if _CGROUP_LIMIT.is_file() else "max"
    return Capacity(
        vcpus=os.process_cpu_count() or 1,
        memory_mib=memory_mib(_MEMINFO.read_text(), cgroup),
        jobs_per_cpu=2,
    )


def memory_mib(meminfo: str, cgroup_limit: str) -> int:
    """Read MiB of memory out of `/proc/meminfo` and a cgroup v2 `memory.max` ("max" or bytes)."""
    total = re.search(r"^MemTotal:\s+(\d+) kB$", meminfo, re.MULTILINE)
    if total is None:
        raise ValueError("/proc/meminfo has no MemTotal line")
    machine = int(total[1]) // _KIB_PER_MIB
    if cgroup_limit.strip() == "max":
        return machine
    return min(machine, int(cgroup_limit) // _BYTES_PER_MIB)
