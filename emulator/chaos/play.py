"""Injects every fault, and tells what became of the runs that met it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from emulator.batch.blocking import BlockReason
from emulator.chaos.faults import GROUPS, RUN_FAULTS, SUCCEEDS, ApiFault, Group, RunFault
from emulator.chaos.judging import Verdict, judge
from emulator.chaos.world import ChaosWorld, Run
from emulator.faults.injector import Fault

_RUN_SECONDS = 120.0
_QUIET_SECONDS = 10.0
_LIMITED = BlockReason.INSUFFICIENT_INSTANCE_CAPACITY


@dataclass
class Row:
    """One line of the table: a fault, and what became of the runs that could meet it."""

    fault: str
    expected: tuple[tuple[str, str], ...]
    runs: list[Run] = field(default_factory=list)
    injected: int = 0
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def ended_right(self) -> int:
        """How many runs ended as they must, and left nothing wrong."""
        return sum(self._is_right(run) for run in self.runs)

    @property
    def jobs_left(self) -> int:
        """How many jobs outlive their run."""
        return sum(verdict.jobs_left for verdict in self.verdicts)

    @property
    def rows_wrong(self) -> int:
        """How many rows of the ledger tell something else than Batch or Step Functions."""
        return sum(verdict.rows_wrong for verdict in self.verdicts)

    @property
    def is_right(self) -> bool:
        """Whether the fault did happen, and harmed nothing."""
        happened = self.injected > 0 or self.fault == "nothing"
        is_clean = self.jobs_left == 0 and self.rows_wrong == 0
        return happened and is_clean and self.ended_right == len(self.runs)

    @property
    def problems(self) -> Iterator[str]:
        """What is wrong, in words."""
        if self.injected == 0 and self.fault != "nothing":
            yield f"{self.fault}: never happened"
        for run in self.runs:
            if not self._is_right(run):
                yield f"{self.fault}: {run.run_id} ended as {run.status} {run.error}"
        for verdict in self.verdicts:
            yield from (f"{self.fault}: {problem}" for problem in verdict.problems)

    def _is_right(self, run: Run) -> bool:
        return (run.status, run.error) in self.expected


def play(world: ChaosWorld, *, is_short: bool, tell: Callable[[str], None]) -> list[Row]:
    """Inject everything; in the short form each fault meets fewer runs."""
    tell("faults of single runs")
    rows = _play_run_faults(world, is_short=is_short)
    tell("stuck queues")
    rows += _play_stuck_queues(world)
    for group in GROUPS:
        tell(group.faults[0].name + " …")
        rows += _play_group(world, group, group.short_runs if is_short else group.runs)
    tell("sweep")
    for _ in range(2):
        world.sweep()
        _wait_until_right(world, rows)
    for row in rows:
        row.verdicts = [judge(world, run) for run in row.runs]
    return rows


def _play_run_faults(world: ChaosWorld, *, is_short: bool) -> list[Row]:
    faults = [fault for fault in RUN_FAULTS if fault.in_short or not is_short]
    rows = [Row(fault.name, tuple(fault.expected)) for fault in faults]
    meetings = [
        pair for pair in zip(faults, rows, strict=True) for _ in range(1 if is_short else 3)
    ]
    world.random.shuffle(meetings)
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda pair: _meet(world, *pair), meetings):
            pass
    world.deliveries.wait()
    _wait_until_right(world, [row for row, fault in zip(rows, faults, strict=True)
                              if not fault.needs_sweep])  # fmt: skip
    for row in rows:
        for run in row.runs:
            row.injected += world.runner.bad_acts[run.run_id]
            row.injected += world.deliveries.disturbed[run.run_id]
    return rows


def _meet(world: ChaosWorld, fault: RunFault, row: Row) -> None:
    """Take one run through one fault, to its end."""
    run_id = world.next_id()
    if fault.disturb:
        world.deliveries.disturbances[run_id] = fault.disturb
    run = world.start(run_id, fault.script())
    row.runs.append(run)
    if fault.abort_at:
        row.injected += world.abort_in(run, fault.abort_at)
    elif fault.name.startswith("token"):
        row.injected += 1
    world.wait([run], _RUN_SECONDS)


def _play_stuck_queues(world: ChaosWorld) -> list[Row]:
    """One job stuck once, and one stuck as often as it is tried."""
    queue = world.emulator.outputs["LowPriorityQueueArn"]
    once = Row("stuck in the queue once", (SUCCEEDS,))
    always = Row("stuck in the queue", (("FAILED", "StuckInQueueError"),))
    for row, pattern in ((once, "-alignmentStats-1"), (always, "-alignmentStats-*")):
        run_id = world.next_id()
        world.emulator.batch.block_queue(queue, _LIMITED, f"{run_id}{pattern}")
        run = world.start(run_id)
        row.runs.append(run)
        world.wait([run], _RUN_SECONDS)
        world.emulator.batch.unblock_queue(queue)
        row.injected += sum(
            "JobStateTimeLimit" in job.get("statusReason", "") for job in world.jobs(run)
        )
    _wait_until_right(world, [once, always])
    return [once, always]


def _play_group(world: ChaosWorld, group: Group, count: int) -> list[Row]:
    """Faults that strike where they happen to: each of the group's runs may meet any of them."""
    armed = [_arm(world, fault, count) for fault in group.faults]
    expected = (("ABORTED", ""),) if group.abort else (SUCCEEDS,)
    ids = [world.next_id() for _ in range(count)]
    if group.disturb:
        world.deliveries.disturbances |= dict.fromkeys(ids, group.disturb)
    runs = [world.start(run_id, group.script()) for run_id in ids]
    if group.abort:
        for run in runs:
            world.abort_in(run, "AlignReads")
    world.wait(runs, _RUN_SECONDS)
    rows = [
        Row(fault.name, expected, runs, happened.fired)
        for fault, happened in zip(group.faults, armed, strict=True)
    ]
    _wait_until_right(world, rows)
    for row, happened in zip(rows, armed, strict=True):
        row.injected = happened.fired
    world.emulator.faults.clear()
    return rows


def _arm(world: ChaosWorld, fault: ApiFault, runs: int) -> Fault:
    """Ask for a fault, at a call that is early enough to be made."""
    faults, skip = world.emulator.faults, world.random.randrange(max(1, runs))
    if fault.kind == "throttle":
        return faults.throttle(fault.service, fault.operation, fault.times, skip=skip)
    kill = faults.crash_before if fault.kind == "crash_before" else faults.crash_after
    name = f"{fault.function}-dev"
    return kill(name, fault.service, fault.operation, skip=skip, times=fault.times)


def _wait_until_right(world: ChaosWorld, rows: list[Row]) -> None:
    """Let events on their way arrive: what a fault has left is told only after a while."""
    runs = {run.run_id: run for row in rows for run in row.runs}
    deadline = time.monotonic() + _QUIET_SECONDS
    while runs and time.monotonic() < deadline:
        runs = {run_id: run for run_id, run in runs.items() if judge(world, run).problems}
        time.sleep(0.2)
