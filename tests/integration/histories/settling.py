"""The end of a history: everything is delivered or reconciled, and then ledger equals Batch."""

from datetime import timedelta
from unittest.mock import patch

from seqstack.domain.classification import classify_failure
from seqstack.domain.notification_content import run_notification_id
from seqstack.domain.notifications import NotificationId, NotificationKind
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState, RunState, StepState
from seqstack.use_cases import catch_up_notifications
from tests.integration.histories.batch import ENDS
from tests.integration.histories.telling import COHORT, COHORT_SIZE
from tests.integration.histories.workflow import At
from tests.integration.histories.world import World

_ROUNDS = 400
_SWEPT_EVERY = 50


def settle(world: World, *, are_events_lost: bool) -> None:
    """Nothing more goes wrong, but what was lost stays lost; then nothing may be left open."""
    while world.held_up:
        world.go_on(world.held_up[0])
    world.advance()
    if are_events_lost:
        world.deliveries.clear()
    _end_executions(world, are_events_lost=are_events_lost)
    _deliver_all(world, are_lost=are_events_lost)
    _sweep(world, are_events_lost=are_events_lost)
    left = [job.key.job_name for job in world.batch.open if not job.is_told_to_end]
    assert not left, f"ended runs still have {left}"
    for job in world.batch.open:
        world.batch.finish(job, ENDS["succeeds"])
    world.collect_events()
    _deliver_all(world, are_lost=are_events_lost)
    _sweep(world, are_events_lost=are_events_lost)
    world.check()
    _check_runs(world)
    _check_jobs(world)
    if all(run.sample == run.run_id for run in world.executions.runs.values()):
        _check_told(world)  # otherwise they have no cohort


def _end_executions(world: World, *, are_events_lost: bool) -> None:
    """Play on until every execution has ended; jobs that are waited for succeed."""
    for number in range(_ROUNDS):
        if number % _SWEPT_EVERY == _SWEPT_EVERY - 1:  # a run may wait for one that ended unheard
            _sweep(world, are_events_lost=are_events_lost)
        if all(run.status.is_terminal for run in world.executions.runs.values()):
            return
        for execution in world.ready:
            if execution in world.ready:
                world.act(execution)
        for step in world.waiting:
            for job in world.batch.jobs_of(step.key):
                world.batch.finish(job, ENDS["succeeds"])
        world.collect_events()
        _deliver_all(world, are_lost=are_events_lost)
        for step in world.waiting:
            step.go(At.ASK)
        world.advance()
    raise AssertionError("the executions do not end")


def _deliver_all(world: World, *, are_lost: bool) -> None:
    while world.deliveries:
        delivery = world.deliveries.pop(0)
        if not are_lost:
            world.deliver(delivery)


def _sweep(world: World, *, are_events_lost: bool) -> None:
    with patch.object(
        catch_up_notifications, "_FOR_ITS_EVENT", timedelta(seconds=-1)
    ):  # there is no other event
        call = world.invoke("sweep_runs", {})
    assert call.error is None, repr(call.error)
    world.advance()
    _deliver_all(world, are_lost=are_events_lost)


def _check_runs(world: World) -> None:
    for execution in world.executions.runs.values():
        history = world.history(execution.run_id)
        if history is None:  # it ended before its input was checked, and its event was lost
            assert not execution.steps
            continue
        if execution.was_at in {At.FINISH, At.RECORD}:
            # an end that was written down before the execution was aborted stays
            assert history.run.state.is_terminal
        else:
            assert history.run.redrive == execution.redrive
            assert history.run.state is execution.status
        if execution.status is RunState.SUCCEEDED:
            assert history.run.state is RunState.SUCCEEDED
        for row in history.steps:
            assert row.state.is_terminal, f"{row.step} is {row.state}"
            done = row.step in execution.steps and execution.steps[row.step].at is At.DONE
            if done:
                assert row.state is StepState.SUCCEEDED, f"{row.step} succeeded, not {row.state}"
        if execution.status is RunState.SUCCEEDED:
            assert all(row.state is StepState.SUCCEEDED for row in history.steps)


def _check_jobs(world: World) -> None:
    rows: dict[str, JobRow] = {}
    for run_id in world.executions.runs:
        history = world.history(run_id)
        for row in history.jobs if history else ():
            assert row.state.is_terminal, f"{row.key} is {row.state}"
            if row.job_id:
                rows[row.job_id] = row
    for job in world.batch.jobs.values():
        if job.job_id not in rows and job.key in world.overlapping:
            continue
        row, record = rows[job.job_id], job.record
        assert row.state is record.state, f"{row.key}: {row.state}, in Batch {record.state}"
        assert row.batch_attempts == record.batch_attempts
        assert row.exit_code == record.exit_code
        assert row.log_stream == record.log_stream
        if record.state is JobState.FAILED:
            assert row.failure
            assert row.failure.error == classify_failure(record).__name__


def _check_told(world: World) -> None:
    """Every end was notified once, or not at all if the sender died or lost the answer."""
    ends = [run_notification_id(run) for run in world.known_runs()]
    cohort = NotificationId(NotificationKind.COHORT, COHORT)
    if len(ends) == COHORT_SIZE:
        ends.append(cohort)
    for end in ends:
        notification = world.ledger.notification(end)
        assert notification is not None, f"there is no notification of {end}"
        assert notification.message_id, f"{end} is not reported as unsure"
        is_unsure = notification.message_id == catch_up_notifications.UNKNOWN_MESSAGE_ID
        assert world.told.messages[end] == 1 or is_unsure, f"there is no notification of {end}"
        assert world.told.events[end] >= 1, f"no event of {end}"
    others = {end for end in world.told.messages if end.kind is NotificationKind.COHORT} - {cohort}
    assert not others
    assert len(ends) > COHORT_SIZE or not world.told.messages[cohort]
