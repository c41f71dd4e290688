"""Measure the memory and CPU time of a job: from its control group, or its processes."""

import os
import resource
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from seqstack.domain.cost.usage import MeasuredBy

_INIT = 1  # Docker's, which starts a job and reaps its orphans
_MICROSECONDS = 1_000_000
_CGROUP_FILES = ("memory.stat", "cpu.stat")


class Instrument(Protocol):
    """Protocol: measures the job's present use."""

    @property
    def measured_by(self) -> MeasuredBy:
        """The kind of instrument."""
        ...

    def memory_bytes(self) -> int:
        """Memory in use, without the page cache."""
        ...

    def cpu_seconds(self) -> float:
        """CPU time since the start of the job."""
        ...


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """The job's own control group, version 2: https://docs.kernel.org/admin-guide/cgroup-v2.html.

    `memory.peak` does not show what a job needs: it includes the page cache, and so reaches the
    limit in every job that reads or writes more than its memory.
    """

    folder: Path
    measured_by: MeasuredBy = MeasuredBy.CGROUP

    def memory_bytes(self) -> int:
        """Anonymous and shared memory."""
        stat = self._numbers("memory.stat")
        return stat["anon"] + stat["shmem"]

    def cpu_seconds(self) -> float:
        """CPU time of all processes of the group, ended ones included."""
        return self._numbers("cpu.stat")["usage_usec"] / _MICROSECONDS

    def _numbers(self, name: str) -> Mapping[str, int]:
        lines = (self.folder / name).read_text().splitlines()
        return {key: int(value) for key, value in (line.split() for line in lines)}


@dataclass(frozen=True, slots=True)
class ProcessTree:
    """This process and its descendants, from /proc and getrusage(2).

    Memory that a process shares with the one it was forked from counts for both until it is
    written to. CPU time is that of processes that have been waited for.
    """

    proc: Path = Path("/proc")
    measured_by: MeasuredBy = MeasuredBy.PROCESSES

    def memory_bytes(self) -> int:
        """Resident anonymous memory of all processes."""
        return sum(map(self._private_bytes, self._pids()))

    def cpu_seconds(self) -> float:
        """User and system time."""
        spent = [
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        return sum(one.ru_utime + one.ru_stime for one in spent)

    def _pids(self) -> Iterator[int]:
        children = defaultdict[int, list[int]](list)
        for stat in self.proc.glob("[0-9]*/stat"):
            with suppress(OSError):  # it has ended
                # pid (name) state parent …; the name may hold blanks and parentheses: proc(5)
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                children[parent].append(int(stat.parent.name))
        waiting = [os.getpid()]
        while waiting:
            pid = waiting.pop()
            yield pid
            waiting += children[pid]

    def _private_bytes(self, pid: int) -> int:
        try:
            _, resident, shared, *_ = (self.proc / f"{pid}/statm").read_text().split()
        except (OSError, ValueError):  # it has ended
            return 0
        return (int(resident) - int(shared)) * resource.getpagesize()


def instrument(cgroups: Path = Path("/sys/fs/cgroup")) -> Instrument:
    """The job's own control group, as in a container; otherwise its processes.

    A group is the job's own if it has no other processes when the job starts.
    """
    try:
        members = {int(pid) for pid in (cgroups / "cgroup.procs").read_text().split()}
    except (OSError, ValueError):
        return ProcessTree()
    is_own = os.getpid() in members and members <= {os.getpid(), _INIT}
    if is_own and all((cgroups / name).is_file() for name in _CGROUP_FILES):
        return ControlGroup(cgroups)
    return ProcessTree()
