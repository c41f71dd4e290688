"""Many runs at once in the emulator, with jobs that do nothing, by the number of runs.

On AWS, the services scale by themselves; this shows that nothing of SeqStack's own grows faster
than the number of runs.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measuring import peak_of, tree_cpu_seconds, tree_memory
from benchmarks.results import table
from benchmarks.settings import Settings
from seqstack.tools.registry import Tool
from tests.support.waiting import until
from tests.support.workflow_world import World, deployed_world

TITLE = "Many runs at once"
TOOLS: Sequence[Tool] = ()
PACKAGES = ("moto",)

_SIZES = (10, 50, 200)
_LARGE = (*_SIZES, 500)
_QUICK = (2, 4)
_PATIENCE = {"ReconcileSeconds": "86400"}  # no step asks for a job only because it waits
_FULL_SCALE = 2.0
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What so many runs took, from the first start until all had ended and been accounted for."""

    runs: int
    seconds: float
    cpu_seconds: float
    bytes: int
    events: int
    event_cpu_seconds: float


def _tracking_cpu(world: World) -> float:
    """CPU seconds so far of the workers of `track_job`."""
    workers = world.emulator.lambda_.workers("track_job-dev")
    return sum(tree_cpu_seconds(worker.process.pid) for worker in workers)


def measured(runs: int) -> Measured:
    """Start that many runs at once on a stack of their own."""
    own = os.getpid()
    with deployed_world(_PATIENCE) as world:
        world.wait(world.start(world.sample()))  # starts a worker of each function
        called = world.emulator.lambda_.invocations
        before = tree_memory(own), tree_cpu_seconds(own), called("track_job-dev")
        tracking = _tracking_cpu(world)
        with peak_of(lambda: tree_memory(own), _LOOK_SECONDS) as most:
            begun = time.monotonic()
            executions = [world.start(world.sample()) for _ in range(runs)]
            ended = [world.wait(each) for each in executions]
            accounted = list(ended)
            while accounted:
                until(lambda: world.row(accounted[-1]).run.orchestration)
                accounted.pop()
            seconds = time.monotonic() - begun
        if any(each.execution["status"] != "SUCCEEDED" for each in ended):
            raise RuntimeError("a run has not succeeded")
        return Measured(
            runs,
            seconds,
            tree_cpu_seconds(own) - before[1],
            max(0, most() - before[0]),
            called("track_job-dev") - before[2],
            _tracking_cpu(world) - tracking,
        )


def run(settings: Settings) -> str:
    """Measure each number of runs."""
    sizes = _LARGE if settings.scale >= _FULL_SCALE else _SIZES
    found = [measured(runs) for runs in (_QUICK if settings.is_quick else sizes)]
    rows = [
        [
            str(each.runs),
            f"{each.seconds:.0f} s",
            f"{each.seconds / each.runs:.2f} s",
            f"{each.cpu_seconds / each.runs:.2f} s",
            f"{each.bytes / each.runs / 1e6:.1f} MB",
            f"{each.events / each.event_cpu_seconds:.0f}" if each.event_cpu_seconds else "",
        ]
        for each in found
    ]
    heads = ["runs", "time", "time a run", "CPU a run", "memory a run", "events a CPU second"]
    return (
        "Runs of six steps whose jobs only write their results, started at once; time until all "
        "are accounted for. Memory is that of the emulator and all workers, beyond what an idle "
        "stack with warm workers holds. Events are those that `track_job` handled for each second "
        "of CPU of its workers. 500 runs are left out below `--scale 2`: they take about as "
        f"long as all others together.\n\n{table(heads, rows)}"
    )
