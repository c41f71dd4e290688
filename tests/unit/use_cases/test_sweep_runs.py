"""The sweep repairs the effects of lost events, and changes nothing else."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.notification_content import run_notification_id
from seqstack.domain.notifications import NotificationId, NotificationKind
from seqstack.domain.records import RunHistory, RunRow
from seqstack.domain.words import JobState, RunState, Step, StepState
from seqstack.use_cases.notify_run_end import Notifier
from seqstack.use_cases.sweep_runs import Sweeper, Swept
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import (
    ALIGN,
    EXECUTION_ARN,
    HIGH,
    LOW,
    ON_DEMAND,
    RUN_ID,
    STARTED_AT,
    all_steps,
    job_record,
    run_row,
    step_plan,
    written_objects,
)
from tests.support.fakes import (
    FakeBatch,
    FakeBus,
    FakeLedger,
    FakeLog,
    FakeMemory,
    FakeTokens,
    FakeTopic,
)

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
ENDED_AT = "2025-06-02T11:50:00.000Z"  # so that the notification may still be sent
WHY = Failure("ToolFailedError", "align (bwa) failed: exit status 1")
REASON = f"run {RUN_ID} has ended"
NOTHING = Swept(0, 0, 0)
ENDS_BADLY = [RunState.FAILED, RunState.ABORTED, RunState.TIMED_OUT]


@dataclass
class FakeExecutions:
    """The executions that have ended, by run; all others are running."""

    ended: dict[str, RunRow] = field(default_factory=dict)
    listed: set[str] = field(default_factory=lambda: {EXECUTION_ARN})
    asked: list[str] = field(default_factory=list)
    redriven: dict[str, int] = field(default_factory=dict)

    def going_on(self) -> frozenset[str]:
        return frozenset(self.listed)

    def redriven_in_vain(self, ended_after: str) -> dict[str, int]:
        assert ended_after == "2025-06-01T12:00:00.000Z"
        return self.redriven

    def end_of(self, run: RunRow, now: str) -> RunRow | None:
        self.asked.append(run.run_id)
        return self.ended.get(run.run_id)


@dataclass
class World:
    """A run of the last hours, and everything that a sweep sees."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    batch: FakeBatch = field(default_factory=FakeBatch)
    executions: FakeExecutions = field(default_factory=FakeExecutions)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    log: FakeLog = field(default_factory=FakeLog)
    memory: FakeMemory = field(default_factory=FakeMemory)
    closed: list[str] = field(default_factory=list)
    moved: list[JobState] = field(default_factory=list)
    open_jobs: list[str] = field(default_factory=list)
    topic: FakeTopic = field(default_factory=FakeTopic)
    unsure: list[NotificationId] = field(default_factory=list)
    looks: int = 1_000_000

    def __post_init__(self) -> None:
        self.ledger.open_run(run_row(), all_steps())

    def sweep(self) -> Swept:
        return Sweeper(
            self.ledger,
            self.batch,
            self.executions,
            self.tokens,
            self.log,
            self.memory.written_by,
            self.memory.remember,
            (HIGH, LOW, ON_DEMAND),
            self.has_time,
            lambda run: self.closed.append(run.run_id),
            lambda job: self.moved.append(job.state),
            lambda jobs: self.open_jobs.extend(job.job_id for job in jobs),
            Notifier(self.ledger, self.topic, FakeBus(), lambda _: RunIdentity(), "dev"),
            self.unsure.extend,
        ).sweep(NOW)

    def has_time(self) -> bool:
        self.looks -= 1
        return self.looks >= 0

    def submit(self, status: str = "RUNNING", key: JobKey = ALIGN) -> str:
        """A job is submitted, and Batch has it in `status`; no event of it was heard."""
        self.ledger.arm_job(key, step_plan(key.step), f"token-{key.attempt}")
        self.ledger.start_step(key.run_id, key.step, key.attempt)
        job_id = self.batch.submit(key, step_plan(key.step))
        self.ledger.record_submission(key, job_id)
        self.know(job_id, status, key)
        return job_id

    def know(self, job_id: str, status: str, key: JobKey | None) -> None:
        parameters = key.as_parameters() if key else {}
        self.batch.records[job_id] = job_record(status, jobId=job_id, parameters=parameters)

    def end_execution(self, state: RunState, failure: Failure | None = WHY) -> None:
        self.executions.listed.clear()
        self.executions.ended[RUN_ID] = run_row(state=state, ended_at=ENDED_AT, failure=failure)

    def end_run(self, state: RunState = RunState.FAILED, ended_at: str = ENDED_AT) -> None:
        assert self.ledger.finish_run(run_row(state=state, ended_at=ended_at, failure=WHY))

    @property
    def steps(self) -> list[StepState]:
        return [step.state for step in self.ledger.history(RUN_ID).steps]


@pytest.fixture
def world() -> World:
    return World()


def test_sweep_of_nothing_finds_nothing() -> None:
    world = World()
    world.ledger = FakeLedger()

    assert world.sweep() == NOTHING


def test_sweep_where_all_is_in_order_changes_nothing(world: World) -> None:
    job_id = world.submit("RUNNING")
    world.ledger.record_job(ALIGN, world.batch.records[job_id], None)
    ended = run_row(run_id="ended", state=RunState.RUNNING)
    world.ledger.open_run(ended, [])
    world.ledger.finish_run(replace(ended, state=RunState.SUCCEEDED, ended_at=ENDED_AT))
    before = copy.deepcopy(world)

    assert world.sweep() == NOTHING

    assert (world.ledger, world.batch, world.tokens) == (before.ledger, before.batch, before.tokens)
    assert (world.closed, world.moved, world.memory) == ([], [], FakeMemory())


# Runs


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, *ENDS_BADLY])
def test_sweep_that_closes_a_run_reports_it_once(world: World, state: RunState) -> None:
    world.end_execution(state)

    world.sweep()
    world.sweep()

    assert world.closed == [RUN_ID]


@pytest.mark.parametrize("state", ENDS_BADLY)
def test_sweep_of_a_run_whose_end_was_not_reported_ends_all_it_has(
    world: World, state: RunState
) -> None:
    job_id = world.submit("RUNNING")
    world.end_execution(state)

    swept = world.sweep()

    assert (swept.runs_closed, swept.jobs_terminated) == (1, 1)
    run = world.ledger.run(RUN_ID)
    assert (run.state, run.ended_at, run.failure) == (state, ENDED_AT, WHY)
    assert world.batch.terminated == {job_id: REASON}
    assert set(world.steps) == {StepState.STOPPED}


def test_sweep_of_a_run_whose_failure_is_wrapped_records_the_real_one(world: World) -> None:
    cause = '{"errorType": "OutOfMemoryError", "errorMessage": "twice in vain"}'
    world.end_execution(RunState.FAILED, Failure("States.TaskFailed", cause))

    world.sweep()

    assert world.ledger.run(RUN_ID).failure == Failure("OutOfMemoryError", "twice in vain")


def test_sweep_of_a_run_that_succeeded_without_an_event_closes_it(world: World) -> None:
    for step in SECONDARY_ANALYSIS.step_names:
        world.ledger.complete_step(JobKey(RUN_ID, step, 1), written_objects(step_plan(step)))
    world.end_execution(RunState.SUCCEEDED, None)

    assert world.sweep() == Swept(1, 0, 0)

    run = world.ledger.run(RUN_ID)
    assert (run.state, run.failure) == (RunState.SUCCEEDED, None)
    assert set(world.steps) == {StepState.SUCCEEDED}


def test_sweep_closes_a_run_however_long_ago_it_began(world: World) -> None:
    arn = EXECUTION_ARN.replace(RUN_ID, "old")
    started_at = "2024-01-01T00:00:00.000Z"
    old = run_row(run_id="old", started_at=started_at, execution_arn=arn)
    world.ledger.open_run(old, [replace(all_steps()[0], run_id="old")])
    end = replace(old, state=RunState.ABORTED, ended_at="2024-01-02T00:00:00.000Z", failure=WHY)
    world.executions.ended["old"] = end

    assert world.sweep().runs_closed == 1

    assert world.ledger.run("old").state is RunState.ABORTED
    assert world.ledger.step("old", Step.ALIGN).state is StepState.STOPPED


def test_sweep_again_finds_nothing_more(world: World) -> None:
    job_id = world.submit("RUNNING")
    world.end_execution(RunState.ABORTED)
    world.sweep()
    terminated = {"statusReason": REASON, "isTerminated": True}
    world.batch.records[job_id] = job_record("FAILED", jobId=job_id, **terminated)

    assert world.sweep() == Swept(0, 1, 0)  # its last event was lost too
    assert world.sweep() == NOTHING

    job = world.ledger.jobs[ALIGN]
    assert job.failure
    assert (job.state, job.failure.error) == (JobState.FAILED, "JobTerminatedError")


# Redrives


def end_redriven(world: World, redrive: int = 1) -> RunRow:
    """A redrive of the execution has ended, and its event was lost."""
    refused = Failure("ResultsInUseError", "run other-1 writes its results there")
    end = run_row(state=RunState.FAILED, ended_at=ENDED_AT, failure=refused, redrive=redrive)
    world.executions.redriven[RUN_ID] = redrive
    world.executions.ended[RUN_ID] = end
    return end


def test_sweep_gives_a_run_the_end_of_its_refused_redrive(world: World) -> None:
    world.end_run(RunState.ABORTED, "2025-05-25T08:00:00.000Z")
    end = end_redriven(world)

    assert world.sweep().runs_closed == 1
    assert world.sweep() == NOTHING

    run = world.ledger.run(RUN_ID)
    assert (run.state, run.redrive) == (RunState.FAILED, 1)
    assert (run.ended_at, run.failure) == (ENDED_AT, end.failure)
    assert world.closed == [RUN_ID]
    assert set(world.steps) == {StepState.STOPPED}


def test_sweep_leaves_a_run_whose_redrive_was_reported(world: World) -> None:
    world.end_run(RunState.ABORTED)
    end = end_redriven(world)
    heard = Failure("ToolFailedError", "as finish_run has recorded it")
    assert world.ledger.finish_run(replace(end, failure=heard))

    assert world.sweep() == NOTHING

    assert world.ledger.run(RUN_ID).failure == heard
    assert world.executions.asked == []


def test_sweep_passes_over_redrives_of_runs_that_the_ledger_does_not_have(world: World) -> None:
    world.executions.redriven["somebody-elses"] = 3

    assert world.sweep() == NOTHING


def test_sweep_without_time_leaves_redrives_to_the_next(world: World) -> None:
    world.end_run(RunState.ABORTED)
    end_redriven(world)
    world.looks = 0

    assert world.sweep().runs_closed == 0


# Steps and rows of ended runs


@pytest.mark.parametrize("state", ENDS_BADLY)
def test_sweep_of_an_ended_run_closes_its_open_steps(world: World, state: RunState) -> None:
    world.ledger.finish_step(RUN_ID, Step.ALIGN, WHY)
    world.ledger.start_step(RUN_ID, Step.ALIGNMENT_STATS, 1)
    world.end_run(state)

    assert world.sweep() == NOTHING

    first, *others = world.steps
    assert (first, set(others)) == (StepState.FAILED, {StepState.STOPPED})


def test_sweep_of_an_ended_run_ends_a_row_that_was_never_submitted(world: World) -> None:
    world.ledger.arm_job(ALIGN, step_plan(), "token-1")
    world.end_run()

    assert world.sweep() == NOTHING

    assert world.ledger.jobs[ALIGN].state is JobState.FAILED


def test_sweep_of_an_ended_run_ends_the_row_of_a_job_that_batch_has_forgotten(
    world: World,
) -> None:
    del world.batch.records[world.submit()]
    world.end_run()

    assert world.sweep().jobs_caught_up == 1

    job = world.ledger.jobs[ALIGN]
    assert job.failure
    assert job.state is JobState.FAILED
    assert "no longer knows this job" in job.failure.cause


def test_sweep_leaves_a_job_that_batch_does_not_know_yet_to_its_run(world: World) -> None:
    del world.batch.records[world.submit()]

    assert world.sweep() == NOTHING

    assert world.ledger.jobs[ALIGN].state is JobState.SUBMITTED


def test_sweep_of_a_run_redriven_while_it_looks_touches_nothing(world: World) -> None:
    class StaleIndex(FakeLedger):
        """The index still shows the run as it ended; the table knows of the redrive."""

        def runs_in_state(
            self, state: RunState, started_after: str = "", ended_after: str = ""
        ) -> list[RunRow]:
            failed = run_row(state=RunState.FAILED, ended_at=ENDED_AT, failure=WHY)
            return [failed] if state is RunState.FAILED else []

    world.end_run()
    world.ledger.reopen_run(RUN_ID, 1)
    world.ledger.reopen_step(RUN_ID, Step.ALIGN, 1)
    world.submit("RUNNING", replace(ALIGN, attempt=101))
    tables = vars(world.ledger)
    world.ledger = StaleIndex(**tables)

    swept = world.sweep()

    assert (swept.runs_closed, swept.jobs_terminated) == (0, 0)
    assert world.batch.terminated == {}
    assert world.ledger.run(RUN_ID).state is RunState.RUNNING
    assert world.steps[0] is StepState.RUNNING


# Jobs


@pytest.mark.parametrize(
    ("status", "answers", "ends"), [("RUNNING", 0, 0), ("SUCCEEDED", 1, 1), ("FAILED", 1, 1)]
)
def test_sweep_of_a_job_whose_events_were_lost_catches_up_and_wakes_the_machine(
    world: World, status: str, answers: int, ends: int
) -> None:
    world.submit(status)

    assert world.sweep() == Swept(0, ends, 0)

    assert world.ledger.jobs[ALIGN].state is JobState(status)
    assert world.moved == [JobState(status)]
    assert [token for token, _ in world.tokens.answers] == ["token-1"] * answers
    assert world.batch.terminated == {}


def test_sweep_of_a_job_that_succeeded_without_an_event_closes_its_step(world: World) -> None:
    world.submit("SUCCEEDED")

    world.sweep()
    world.sweep()

    assert world.steps[0] is StepState.SUCCEEDED
    assert [job.state for job, _ in world.memory.remembered] == [JobState.SUCCEEDED]
    assert world.memory.remembered[0][1].steps[0].written == written_objects(step_plan())


def test_sweep_of_a_job_that_ended_without_an_event_in_an_ended_run_terminates_nothing(
    world: World,
) -> None:
    world.submit("SUCCEEDED")
    world.end_run()

    assert world.sweep() == Swept(0, 1, 0)

    assert world.batch.terminated == {}
    first, *others = world.steps
    assert (first, set(others)) == (StepState.SUCCEEDED, {StepState.STOPPED})


def test_sweep_of_a_job_of_an_ended_run_terminates_it_once(world: World) -> None:
    job_id = world.submit("RUNNING")
    world.end_run()

    assert world.sweep().jobs_terminated == 1
    assert world.batch.terminated == {job_id: REASON}


@pytest.mark.parametrize("queue", [HIGH, LOW, ON_DEMAND])
def test_sweep_of_a_job_without_a_run_terminates_it(world: World, queue: str) -> None:
    key = JobKey("forgotten", Step.ANNOTATE, 1)
    world.know("job-9", "RUNNABLE", key)
    world.batch.records["job-9"] = replace(world.batch.records["job-9"], job_queue=queue)

    assert world.sweep() == Swept(0, 0, 1)
    assert world.batch.terminated == {"job-9": "its run has ended"}


def test_sweep_of_a_job_whose_row_does_not_know_it_terminates_it_with_its_run(
    world: World,
) -> None:
    # submit_job died behind the submission, and the run was stopped before Batch listed the job
    world.ledger.arm_job(ALIGN, step_plan(), "token-1")
    world.ledger.reject_job(ALIGN, WHY)
    world.end_run()
    world.know("job-9", "RUNNING", ALIGN)

    assert world.sweep() == Swept(0, 0, 1)
    assert set(world.batch.terminated) == {"job-9"}


def test_sweep_of_a_job_in_whose_place_the_run_has_another_terminates_it(world: World) -> None:
    # two calls of submit_job at one time; the later one died before it terminated its own job
    job_id = world.submit("RUNNING")
    world.know("job-9", "RUNNING", ALIGN)

    assert world.sweep().jobs_terminated == 1
    assert set(world.batch.terminated) == {"job-9"}
    assert job_id != "job-9"


def test_sweep_leaves_jobs_of_others_alone(world: World) -> None:
    world.know("foreign", "RUNNING", None)

    assert world.sweep() == NOTHING
    assert world.batch.terminated == {}


def test_sweep_leaves_a_job_of_a_run_that_is_running_alone(world: World) -> None:
    # its row has no id yet: submit_job is under way
    world.ledger.arm_job(ALIGN, step_plan(), "token-1")
    world.know("job-1", "SUBMITTED", ALIGN)

    assert world.sweep() == NOTHING
    assert world.batch.terminated == {}


def test_sweep_asks_nothing_about_runs_that_ended_whole(world: World) -> None:
    class NoCalls(FakeBatch):
        def describe(self, job_id: str) -> JobRecord | None:
            raise AssertionError(job_id)

        def open_jobs(self, job_queue: str) -> Iterable[JobRecord]:
            return []

    world.submit("SUCCEEDED")
    world.ledger.record_job(ALIGN, job_record("SUCCEEDED", jobId="job-1"), None)
    for step in SECONDARY_ANALYSIS.step_names:
        world.ledger.complete_step(JobKey(RUN_ID, step, 1), written_objects(step_plan(step)))
    world.end_run(RunState.SUCCEEDED)
    world.batch = NoCalls()

    assert world.sweep() == NOTHING
    assert world.ledger.run(RUN_ID).started_at == STARTED_AT


# What a sweep costs


def many_runs(world: World, number: int) -> list[str]:
    """Further runs that go on, each with a job that runs as the ledger says."""
    names = [f"run-{index}" for index in range(number)]
    for name in names:
        arn = EXECUTION_ARN.replace(RUN_ID, name)
        world.executions.listed.add(arn)
        world.ledger.open_run(run_row(run_id=name, execution_arn=arn), [])
        key = JobKey(name, Step.ALIGN, 1)
        job_id = world.submit("RUNNING", key)
        world.ledger.record_job(key, world.batch.records[job_id], None)
    return names


def test_sweep_of_runs_and_jobs_that_are_listed_asks_about_none_of_them(world: World) -> None:
    class NoDescribe(FakeBatch):
        def describe(self, job_id: str) -> JobRecord | None:
            raise AssertionError(job_id)

    many_runs(world, 250)
    world.batch = NoDescribe(**vars(world.batch))

    assert world.sweep() == NOTHING
    assert world.executions.asked == []


def test_sweep_asks_about_a_run_that_is_not_listed_yet_and_leaves_it(world: World) -> None:
    world.executions.listed.clear()

    assert world.sweep() == NOTHING
    assert world.executions.asked == [RUN_ID]
    assert world.ledger.run(RUN_ID).state is RunState.RUNNING


def test_sweep_reports_every_job_that_batch_has_not_ended(world: World) -> None:
    job_id = world.submit("RUNNABLE")
    world.know("job-9", "SUCCEEDED", ALIGN)

    world.sweep()

    assert world.open_jobs == [job_id]


def test_sweep_without_time_says_how_many_runs_it_left(world: World) -> None:
    many_runs(world, 249)
    world.looks = 1

    assert world.sweep() == Swept(0, 0, 0, runs_left=150)


def test_sweeps_without_time_come_to_every_run_in_the_end(world: World) -> None:
    looked_at: set[str] = set()

    class Watched(FakeLedger):
        def history(self, run_id: str) -> RunHistory:
            looked_at.add(run_id)
            return super().history(run_id)

    names = many_runs(world, 150)
    world.ledger = Watched(**vars(world.ledger))
    for _ in range(100):  # each checks 100 of 151
        world.looks = 1
        world.sweep()

    assert looked_at == {RUN_ID, *names}


# Ends without a notification

LONG_AGO, JUST_NOW = "2025-06-02T11:44:59.999Z", "2025-06-02T11:45:00.001Z"


def told(
    world: World, end: NotificationId, claimed_at: str = LONG_AGO, message_id: str = "m-1"
) -> None:
    """A claimed notification of an end; sent, if there is a message."""
    assert world.ledger.claim_notification(end, claimed_at)
    if message_id:
        world.ledger.confirm_notification(end, message_id)


def test_sweep_notifies_of_an_end_whose_event_was_lost_once(world: World) -> None:
    world.end_run(ended_at=LONG_AGO)

    assert world.sweep() == Swept(0, 0, 0, notifications_sent=1)
    assert world.sweep() == NOTHING

    assert world.topic.ends == [f"run/{RUN_ID}/0"]


def test_sweep_leaves_an_end_to_its_event_for_a_while(world: World) -> None:
    world.end_run(ended_at=JUST_NOW)

    assert world.sweep() == NOTHING
    assert world.topic.ends == []


def test_sweep_notifies_of_a_run_that_it_closes_itself(world: World) -> None:
    world.end_execution(RunState.TIMED_OUT)
    ended = world.executions.ended
    ended[RUN_ID] = replace(ended[RUN_ID], ended_at=LONG_AGO)

    assert world.sweep() == Swept(1, 0, 0, notifications_sent=1)
    assert world.topic.published[0].facts["state"] == "TIMED_OUT"


def test_sweep_notifies_of_no_end_that_was_notified_of(world: World) -> None:
    world.end_run(ended_at=LONG_AGO)
    told(world, run_notification_id(world.ledger.run(RUN_ID)))

    assert world.sweep() == NOTHING
    assert world.topic.ends == []


def test_sweep_notifies_of_a_later_end_though_the_first_was_notified_of(world: World) -> None:
    world.end_run(ended_at=LONG_AGO)
    told(world, run_notification_id(world.ledger.run(RUN_ID)))
    world.ledger.reopen_run(RUN_ID, 1)
    world.ledger.finish_run(run_row(state=RunState.SUCCEEDED, ended_at=LONG_AGO, redrive=1))

    assert world.sweep() == Swept(0, 0, 0, notifications_sent=1)
    assert world.topic.ends == [f"run/{RUN_ID}/1"]


def test_sweep_says_once_that_a_message_may_be_out_or_not(world: World) -> None:
    world.end_run(ended_at=LONG_AGO)
    end = run_notification_id(world.ledger.run(RUN_ID))
    told(world, end, message_id="")

    assert world.sweep() == Swept(0, 0, 0, notifications_unsure=1)
    assert world.sweep() == NOTHING

    assert world.unsure == [end]
    assert world.topic.ends == []


def test_sweep_waits_for_a_call_that_may_still_be_notifying(world: World) -> None:
    world.end_run(ended_at=LONG_AGO)
    told(world, run_notification_id(world.ledger.run(RUN_ID)), claimed_at=JUST_NOW, message_id="")

    assert world.sweep() == NOTHING
    assert world.unsure == []


def test_sweep_notifies_of_an_end_whose_message_was_refused(world: World) -> None:
    world.end_run(ended_at=LONG_AGO)
    end = run_notification_id(world.ledger.run(RUN_ID))
    told(world, end, message_id="")
    world.ledger.release_notification(end, LONG_AGO)

    assert world.sweep() == Swept(0, 0, 0, notifications_sent=1)


def test_sweep_whose_own_message_may_be_out_or_not_says_so_and_sends_no_other(
    world: World,
) -> None:
    world.end_run(ended_at=LONG_AGO)
    world.topic.answers = [""]

    assert world.sweep() == Swept(0, 0, 0, notifications_unsure=1)
    assert world.sweep() == NOTHING
    assert len(world.topic.ends) == 1


def test_sweep_notifies_of_a_cohort_whose_last_end_was_lost(world: World) -> None:
    arn = EXECUTION_ARN.replace(RUN_ID, "child")
    child = run_row(run_id="child", execution_arn=arn, cohort_id="trio-7", cohort_size=1)
    world.ledger.open_run(child, [])
    world.ledger.finish_run(replace(child, state=RunState.SUCCEEDED, ended_at=LONG_AGO))
    told(world, NotificationId(NotificationKind.RUN, "child"))

    assert world.sweep() == Swept(0, 0, 0, notifications_sent=1)
    assert world.sweep() == NOTHING

    assert world.topic.ends == ["cohort/trio-7/0"]


def test_sweep_says_that_a_cohorts_message_may_be_out_or_not(world: World) -> None:
    arn = EXECUTION_ARN.replace(RUN_ID, "child")
    child = run_row(run_id="child", execution_arn=arn, cohort_id="trio-7", cohort_size=1)
    world.ledger.open_run(child, [])
    world.ledger.finish_run(replace(child, state=RunState.SUCCEEDED, ended_at=LONG_AGO))
    told(world, NotificationId(NotificationKind.RUN, "child"))
    told(world, NotificationId(NotificationKind.COHORT, "trio-7"), message_id="")

    assert world.sweep() == Swept(0, 0, 0, notifications_unsure=1)
    assert world.sweep() == NOTHING
