"""Injects every fault, and returns the results of its runs."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from emulator.engine.batch.blocking import BlockReason
from tests.harness.chaos.faults import GROUPS, RUN_FAULTS, SUCCEEDS, ApiFault, Group, RunFault
from tests.harness.chaos.judging import Verdict, judge
from tests.harness.chaos.world import ChaosWorld, Run
from tests.harness.faults.injector import Fault

_RUN_SECONDS = 120.0
_QUIET_SECONDS = 10.0
_STRIKES = 2  # for each shared fault, in the long form
_ROUNDS = 4  # of a group, at most
_AT_ONCE = 10  # runs, as many as two cores carry
_LIMITED = BlockReason.INSUFFICIENT_INSTANCE_CAPACITY

# by run id, the correct ends of executions (status and error)
type Ends = dict[str, Sequence[tuple[str, str]]]


@dataclass
class Row:
    """One line of the table: a fault, and the results of its runs."""

    fault: str
    expected: Ends = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    injected: int = 0
    verdicts: list[Verdict] = field(default_factory=list)

    def add(self, run: Run, expected: Sequence[tuple[str, str]]) -> None:
        """Add a run with the fault, and the correct ends (status and error)."""
        self.runs.append(run)
        self.expected[run.run_id] = expected

    @property
    def ended_right(self) -> int:
        """The number of runs that ended correctly, without problems."""
        return sum(self._is_right(run) for run in self.runs)

    @property
    def jobs_left(self) -> int:
        """The number of jobs that outlive their run."""
        return sum(verdict.jobs_left for verdict in self.verdicts)

    @property
    def rows_wrong(self) -> int:
        """The number of rows of the ledger that differ from Batch or Step Functions."""
        return sum(verdict.rows_wrong for verdict in self.verdicts)

    @property
    def is_right(self) -> bool:
        """Whether the fault happened, and did no harm."""
        happened = self.injected > 0 or self.fault == "nothing"
        is_clean = self.jobs_left == 0 and self.rows_wrong == 0
        return happened and is_clean and self.ended_right == len(self.runs)

    @property
    def problems(self) -> Iterator[str]:
        """The problems, as text."""
        if self.injected == 0 and self.fault != "nothing":
            yield f"{self.fault}: never happened"
        for run in self.runs:
            if not self._is_right(run):
                yield f"{self.fault}: {run.run_id} ended as {run.status} {run.error}"
        for verdict in self.verdicts:
            yield from (f"{self.fault}: {problem}" for problem in verdict.problems)

    def _is_right(self, run: Run) -> bool:
        return (run.status, run.error) in self.expected[run.run_id]


def play(world: ChaosWorld, *, is_short: bool, tell: Callable[[str], None]) -> list[Row]:
    """Inject everything; in the short form, all faults affect the same few runs."""
    tell("faults of single runs")
    if is_short:
        armed = [(fault, _arm(world, fault, 1)) for group in GROUPS for fault in group.faults]
        rows = _play_run_faults(world, [fault for fault in RUN_FAULTS if fault.in_short])
        runs, expected = [run for row in rows for run in row.runs], _ends_of(rows)
        rows += [Row(fault.name, expected, runs, struck.fired) for fault, struck in armed]
        world.emulator.faults.clear()
    else:
        rows = _play_run_faults(world, RUN_FAULTS * 3)
        for group in GROUPS:
            tell(f"{group.faults[0].name} …")
            rows += _play_group(world, group)
    tell("stuck queues")
    rows += _play_stuck_queues(world)
    tell("sweep")
    for _ in range(2):
        world.sweep()
        _wait_until_right(world, rows)
    all_runs = {run.run_id: run for row in rows for run in row.runs}
    verdicts = {run_id: judge(world, run) for run_id, run in all_runs.items()}
    for row in rows:
        row.verdicts = [verdicts[run.run_id] for run in row.runs]
    return rows


def _ends_of(rows: list[Row]) -> Ends:
    return {run.run_id: row.expected[run.run_id] for row in rows for run in row.runs}


def _play_run_faults(world: ChaosWorld, faults: Sequence[RunFault]) -> list[Row]:
    rows = {fault.name: Row(fault.name) for fault in faults}
    meetings = list(faults)
    world.random.shuffle(meetings)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(lambda fault: _meet(world, fault, rows[fault.name]), meetings):
            pass
    world.deliveries.wait()
    lost = {fault.name for fault in faults if fault.needs_sweep}
    _wait_until_right(world, [row for row in rows.values() if row.fault not in lost])
    for row in rows.values():
        for run in row.runs:
            row.injected += world.runner.bad_acts[run.run_id]
            row.injected += world.deliveries.disturbed[run.run_id]
    return list(rows.values())


def _meet(world: ChaosWorld, fault: RunFault, row: Row) -> None:
    """Run one run with one fault, to its end.

    A state that lasts a moment may be over before its run is aborted; then another run is started.
    """
    with world.clock.working():
        for _ in range(_ROUNDS):
            _start_and_wait(world, fault, row)
            if row.injected or not fault.abort_at:
                break


def _start_and_wait(world: ChaosWorld, fault: RunFault, row: Row) -> None:
    run_id = world.next_id()
    if fault.disturb:
        world.deliveries.disturbances[run_id] = fault.disturb
    run = world.start(run_id, fault.script())
    row.add(run, fault.expected)
    run.races = fault.abort_at in {"FinishRun", "RecordFailure"}
    if fault.abort_at:
        row.injected += world.abort_in(run, fault.abort_at)
    elif fault.name.startswith("token"):
        row.injected += 1
    world.wait([run], _RUN_SECONDS)


def _play_stuck_queues(world: ChaosWorld) -> list[Row]:
    """One job stuck once, and one stuck as often as it is tried."""
    queue = world.emulator.outputs["LowPriorityQueueArn"]
    once, always = Row("stuck in the queue once"), Row("stuck in the queue")
    for row, pattern, expected in (
        (once, "-alignmentStats-1", SUCCEEDS),
        (always, "-alignmentStats-*", ("FAILED", "StuckInQueueError")),
    ):
        run_id = world.next_id()
        world.emulator.batch.block_queue(queue, _LIMITED, f"{run_id}{pattern}")
        run = world.start(run_id)
        row.add(run, [expected])
        world.wait([run], _RUN_SECONDS)
        world.emulator.batch.unblock_queue(queue)
        row.injected += sum(
            "JobStateTimeLimit" in job.get("statusReason", "") for job in world.jobs(run)
        )
    _wait_until_right(world, [once, always])
    return [once, always]


def _play_group(world: ChaosWorld, group: Group) -> list[Row]:
    """Inject faults at random calls: each of the group's runs may be affected by any of them.

    On a busy machine, a fault may affect no run; then more runs are started.
    """
    armed = [(fault, _arm(world, fault, _STRIKES)) for fault in group.faults]
    runs: list[Run] = []
    for _ in range(_ROUNDS):
        runs += _play_round(world, group)
        if all(struck.fired for _, struck in armed):
            break
    world.emulator.faults.clear()
    ends = _ends_in(group, runs)
    return [Row(fault.name, ends, runs, struck.fired) for fault, struck in armed]


def _play_round(world: ChaosWorld, group: Group) -> list[Run]:
    ids = [world.next_id() for _ in range(group.runs)]
    if group.disturb:
        world.deliveries.disturbances |= dict.fromkeys(ids, group.disturb)
    runs = [world.start(run_id, group.script()) for run_id in ids]
    if group.abort:
        for run in runs:
            world.abort_in(run, "RunStep align")
    world.wait(runs, _RUN_SECONDS)
    _wait_until_right(world, [Row("", _ends_in(group, runs), runs)])
    return runs


def _ends_in(group: Group, runs: Sequence[Run]) -> Ends:
    end = ("ABORTED", "") if group.abort else SUCCEEDS
    return {run.run_id: (end,) for run in runs}


def _arm(world: ChaosWorld, fault: ApiFault, strikes: int) -> Fault:
    """Request a fault, this many times from one of the first calls of its kind on."""
    faults, skip = world.emulator.faults, world.random.randrange(fault.spread)
    if fault.kind == "throttle":
        times = strikes * fault.times
        return faults.throttle(fault.service, fault.operation, times, skip=skip)
    kill = faults.crash_before if fault.kind == "crash_before" else faults.crash_after
    name = f"{fault.function}-dev"
    return kill(name, fault.service, fault.operation, skip=skip, times=strikes * fault.times)


def _wait_until_right(world: ChaosWorld, rows: list[Row]) -> None:
    """Let events arrive: the effect of a fault is complete only after a while."""
    runs = {run.run_id: run for row in rows for run in row.runs}
    world.until(
        lambda: not any(judge(world, run).problems for run in runs.values()), _QUIET_SECONDS
    )
