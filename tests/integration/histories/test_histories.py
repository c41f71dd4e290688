"""Random histories of runs, played against the real handlers.

What happens, in any order: jobs change their state, are retried by Batch, fail in every way, get
stuck; events come late, twice, out of order or never; functions die, are throttled or held up at
any of their calls to AWS; waits for tokens run out; executions are aborted and redriven; results
are overwritten by hand; foreign jobs send events. `HISTORIES` sets how many are played (default
200; `make chaos` plays thousands).
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from seqstack.adapters.ledger import Ledger
from seqstack.domain.words import RunState
from tests.integration.histories.batch import ENDS, Job
from tests.integration.histories.calls import Fault, Kind
from tests.integration.histories.settling import settle
from tests.integration.histories.workflow import At
from tests.integration.histories.world import World
from tests.support.aws_world import TABLE, aws_world, forget_clients
from tests.support.fakes import FakeLedger

HISTORIES = int(os.environ.get("HISTORIES", "200"))
LENGTH = 60
MOST_RUNS = 2
MOST_REDRIVES = 2

faults = st.one_of(
    st.none(),
    st.builds(Fault, st.sampled_from(Kind), st.integers(0, 12)),
)
which = st.integers(0, 15)
ends = st.one_of(st.just("succeeds"), st.sampled_from([*sorted(ENDS), "stuck"]))


def one_of[T](choices: list[T], number: int) -> T:
    """One of several, by a number that may be larger."""
    return choices[number % len(choices)]


class History(RuleBasedStateMachine):
    """Anything may happen next."""

    most_runs = MOST_RUNS

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.are_last_events_lost = False

    @initialize(are_lost=st.booleans())
    def begin(self, are_lost: bool) -> None:
        self.are_last_events_lost = are_lost
        self.start_run(0)
        self.world.act(self.world.ready[0])

    def start_run(self, number: int) -> None:
        self.world.start_run()

    @precondition(lambda self: len(self.world.executions.runs) < self.most_runs)
    @rule(number=which)
    def a_run_starts(self, number: int) -> None:
        self.start_run(number)

    @rule(steps=st.integers(1, 3))
    def for_a_while_all_goes_well(self, steps: int) -> None:
        for _ in range(steps):
            for execution in self.world.ready:
                if execution in self.world.ready:
                    self.world.act(execution)
            for step in self.world.waiting:
                for job in self.world.batch.jobs_of(step.key):
                    self.world.batch.finish(job, ENDS["succeeds"])
            self.world.collect_events()
            for delivery in list(self.world.deliveries):
                self.world.deliveries.remove(delivery)
                self.world.deliver(delivery)

    @precondition(lambda self: self.world.ready)
    @rule(number=which, fault=faults)
    def an_execution_calls_a_function(self, number: int, fault: Fault | None) -> None:
        self.world.act(one_of(self.world.ready, number), fault)

    @precondition(lambda self: self.world.ready)
    @rule(number=which)
    def an_execution_calls_a_function_undisturbed(self, number: int) -> None:
        self.world.act(one_of(self.world.ready, number))

    @precondition(lambda self: self.world.batch.open)
    @rule(number=which, end=ends, moves=st.integers(1, 5))
    def a_job_moves_on(self, number: int, end: str, moves: int) -> None:
        job = one_of(self.world.batch.open, number)
        if end == "stuck":
            self.world.batch.give_up_waiting(job)
        for _ in range(moves):
            if job.is_open:
                self.world.batch.move(job, ENDS.get(end, ENDS["succeeds"]))
        self.world.collect_events()

    @precondition(lambda self: self.world.deliveries)
    @rule(number=which, fault=faults, is_repeated=st.booleans())
    def an_event_arrives(self, number: int, fault: Fault | None, is_repeated: bool) -> None:
        delivery = one_of(self.world.deliveries, number)
        if not is_repeated:
            self.world.deliveries.remove(delivery)
        self.world.deliver(delivery, fault)

    @precondition(lambda self: self.world.deliveries)
    @rule(number=which)
    def an_event_is_lost(self, number: int) -> None:
        self.world.deliveries.remove(one_of(self.world.deliveries, number))

    @precondition(lambda self: self.world.waiting)
    @rule(number=which)
    def a_wait_runs_out(self, number: int) -> None:
        one_of(self.world.waiting, number).go(At.ASK)

    @precondition(lambda self: self.world.called)
    @rule(number=st.integers(0, 200), fault=faults)
    def an_earlier_call_is_made_again(self, number: int, fault: Fault | None) -> None:
        function, event = one_of(self.world.called, number)
        if function not in {"validate_input", "finish_run"}:
            self.world.invoke(function, event, fault)
            self.world.advance()

    @precondition(lambda self: self.world.held_up)
    @rule(number=which, dies=st.booleans())
    def a_call_that_was_held_up_goes_on(self, number: int, dies: bool) -> None:
        self.world.go_on(one_of(self.world.held_up, number), die=dies)
        self.world.advance()

    @rule(
        what=st.sampled_from(["sweep", "foreign", "claim", "blocked"]), number=which, fault=faults
    )
    def something_rare_happens(self, what: str, number: int, fault: Fault | None) -> None:
        if what == "sweep":
            self.world.invoke("sweep_runs", {}, fault)
            self.world.advance()
        elif what == "foreign":
            self._hear_of_a_foreign_job(["run-1", "run-99", ""][number % 3])
        elif self.world.batch.open:
            job = one_of(self.world.batch.open, number)
            if what == "claim":
                self._hear_a_false_claim(job, ["RUNNING", "FAILED", "SUCCEEDED"][number % 3])
            else:
                self._hear_of_a_blocked_queue(job)

    @precondition(lambda self: self.world.batch.bucket.results)
    @rule(number=st.integers(0, 200))
    def somebody_overwrites_a_result(self, number: int) -> None:
        bucket = self.world.batch.bucket
        bucket.replace_by_hand(one_of(bucket.results, number))

    def _hear_of_a_foreign_job(self, run_id: str) -> None:
        ours = {"runId": run_id, "step": "align", "attempt": "77"} if run_id else {}
        detail = {
            "jobId": "foreign",
            "jobName": "foreign",
            "jobQueue": "highPriority-dev",
            "status": "FAILED",
            "attempts": [],
            "parameters": ours,
            "container": {},
        }
        self.world.publish("track_job", detail)

    def _hear_a_false_claim(self, job: Job, status: str) -> None:
        """A foreign job has our parameters; before the row has an id, it can't be distinguished."""
        row = self.world.job_row(job.key)
        if row and row.job_id:
            self.world.publish("track_job", {**job.detail, "jobId": "foreign", "status": status})

    def _hear_of_a_blocked_queue(self, job: Job) -> None:
        if job.detail["status"] == "RUNNABLE":
            reason = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
            blocked = {**job.detail, "statusReason": reason}
            self.world.publish("track_job", blocked, "Batch Job Queue Blocked")

    @precondition(lambda self: self._going_on)
    @rule(number=which, end=st.sampled_from([RunState.ABORTED, RunState.TIMED_OUT]))
    def an_execution_is_ended_from_outside(self, number: int, end: RunState) -> None:
        one_of(self._going_on, number).end(end)

    @precondition(lambda self: self._redrivable)
    @rule(number=which)
    def an_execution_is_redriven(self, number: int) -> None:
        one_of(self._redrivable, number).start_again()
        self.world.advance()

    @property
    def _going_on(self) -> list[Any]:
        return [run for run in self.world.executions.runs.values() if not run.status.is_terminal]

    @property
    def _redrivable(self) -> list[Any]:
        return [
            run
            for run in self.world.executions.runs.values()
            if run.status.is_terminal
            and run.status is not RunState.SUCCEEDED
            and run.steps
            and run.redrive < MOST_REDRIVES
        ]

    @invariant()
    def nothing_ended_changes_and_nothing_is_done_twice(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                settle(self.world, are_events_lost=self.are_last_events_lost)
        finally:
            self.world.close()


class SharedFolders(History):
    """The same with many runs over two folders, from two pairs of FASTQ files."""

    most_runs = 6

    def start_run(self, number: int) -> None:
        self.world.start_run(f"sample-{number % 2}", f"reads-{number // 2 % 2}")


def play(
    histories: int,
    length: int,
    make_world: Callable[[], World],
    history: type[History] = History,
) -> None:
    machine: Any = lambda: history(make_world())  # noqa: E731 - it stands for a class
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=length,
            deadline=None,
            derandomize="HISTORIES" not in os.environ,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def over_dynamodb() -> World:
    """The ledger in moto's DynamoDB; every single request to the table can meet a fault."""
    aws = ExitStack()
    aws.enter_context(aws_world())
    ledger = Ledger(TABLE)
    world = World(ledger, on_close=aws.close)
    ledger._table = world.stage.port(ledger._table)
    return world


@pytest.fixture
def _own_clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


def test_histories_over_a_ledger_in_memory_leave_nothing_wrong() -> None:
    play(HISTORIES, LENGTH, lambda: World(FakeLedger()))


@pytest.mark.long
def test_histories_of_many_runs_over_few_folders_mix_no_results() -> None:
    play(HISTORIES, LENGTH, lambda: World(FakeLedger()), SharedFolders)


@pytest.mark.long
@pytest.mark.usefixtures("_own_clients")
def test_histories_over_dynamodb_leave_nothing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    play(max(1, HISTORIES // 40), LENGTH // 2, over_dynamodb)
