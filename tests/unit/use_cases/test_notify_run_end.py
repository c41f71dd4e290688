"""One message for each end, and never a second, for any number of events and callers."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.cost.totals import Cost
from seqstack.domain.errors import (
    MessageRefusedError,
    TransientServiceError,
    UnknownRunError,
)
from seqstack.domain.failures import Failure
from seqstack.domain.notifications import NotificationId, NotificationKind, NotificationRecord
from seqstack.domain.records import RunRow
from seqstack.domain.words import CohortState, RunState
from seqstack.use_cases.notify_run_end import NotificationOutcome, Notifier, notify_run_end
from tests.support.builders import RUN_ID, all_steps, run_row
from tests.support.fakes import FakeBus, FakeLedger, FakeTopic

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
NOW_TEXT = "2025-06-02T12:00:00.000Z"
ENDED_AT = "2025-06-02T11:00:00.000Z"
WHY = Failure("ToolFailedError", "align (bwa) failed: exit status 1")
END = NotificationId(NotificationKind.RUN, RUN_ID)
COHORT = NotificationId(NotificationKind.COHORT, "trio-7")


@dataclass
class World:
    """A running run, and the receivers of notifications."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    topic: FakeTopic = field(default_factory=FakeTopic)
    bus: FakeBus = field(default_factory=FakeBus)
    identities: dict[str, RunIdentity] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger.open_run(run_row(), all_steps())

    @property
    def notifier(self) -> Notifier:
        return Notifier(self.ledger, self.topic, self.bus, self.identity, "dev")

    def identity(self, run_id: str) -> RunIdentity:
        self.asked.append(run_id)
        return self.identities.get(run_id, RunIdentity())

    def hear(
        self, state: RunState, failure: Failure | None = WHY, **changes: Any
    ) -> NotificationOutcome:
        """Handle an execution's end; return the outcome of the run's notification."""
        return self.hear_all(state, failure, **changes)[1]

    def hear_all(
        self, state: RunState, failure: Failure | None = WHY, **changes: Any
    ) -> tuple[bool, NotificationOutcome, NotificationOutcome]:
        ended = run_row(**{"sample_id": "", "state": state, "ended_at": ENDED_AT, **changes})
        caught = None if state is RunState.SUCCEEDED else failure
        return notify_run_end(ended, caught, self.ledger, self.notifier, NOW)


@pytest.fixture
def world() -> World:
    return World()


def close(world: World, state: RunState = RunState.SUCCEEDED) -> RunRow:
    """The execution has closed the run itself."""
    failure = None if state is RunState.SUCCEEDED else WHY
    ended = run_row(state=state, ended_at=ENDED_AT, failure=failure)
    assert world.ledger.finish_run(ended)
    return ended


# Runs


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.FAILED])
def test_end_of_a_run_that_closed_itself_is_notified_of_with_what_the_ledger_knows(
    world: World, state: RunState
) -> None:
    run = close(world, state)

    assert world.hear_all(state, Failure("Another", "cause")) == (
        False,
        NotificationOutcome.SENT,
        NotificationOutcome.NOT_ENDED,
    )

    (message,) = world.topic.published
    assert message.facts["state"] == state
    assert message.facts.get("cause", "") == (run.failure.cause if run.failure else "")
    assert world.bus.ends == world.topic.ends == [str(END)]
    assert world.ledger.notifications == {END: NotificationRecord(END, NOW_TEXT, "message-1")}


@pytest.mark.parametrize("state", [RunState.ABORTED, RunState.TIMED_OUT, RunState.FAILED])
def test_end_of_a_run_that_is_still_open_is_notified_of_and_closed(
    world: World, state: RunState
) -> None:
    assert world.hear_all(state) == (True, NotificationOutcome.SENT, NotificationOutcome.NOT_ENDED)

    run = world.ledger.run(RUN_ID)
    assert (run.state, run.failure) == (state, WHY)
    assert world.topic.published[0].facts["state"] == state


def test_end_reported_again_is_notified_of_no_second_time(world: World) -> None:
    close(world)

    assert world.hear(RunState.SUCCEEDED) is NotificationOutcome.SENT
    for _ in range(3):
        assert world.hear(RunState.SUCCEEDED) is NotificationOutcome.CLAIMED

    assert world.topic.ends == world.bus.ends == [str(END)]


def test_end_that_somebody_took_on_meanwhile_is_notified_of_by_that_one_alone(world: World) -> None:
    class Faster(FakeLedger):
        """Another call claims the end between the check and the claim."""

        def claim_notification(self, end: NotificationId, now: str) -> bool:
            super().claim_notification(end, "a moment before")
            return super().claim_notification(end, now)

    close(world)
    world.ledger = Faster(**vars(world.ledger))

    assert world.hear(RunState.SUCCEEDED) is NotificationOutcome.CLAIMED
    assert world.topic.ends == []


def test_end_whose_message_is_refused_is_notified_of_by_the_next_call(world: World) -> None:
    close(world)
    world.topic.answers = [MessageRefusedError("throttled"), MessageRefusedError("throttled")]

    for _ in range(2):
        with pytest.raises(MessageRefusedError):
            world.hear(RunState.SUCCEEDED)
    assert world.hear(RunState.SUCCEEDED) is NotificationOutcome.SENT
    assert world.hear(RunState.SUCCEEDED) is NotificationOutcome.CLAIMED

    assert world.topic.ends == [str(END)]


def test_end_whose_message_is_perhaps_out_is_never_notified_of_again(world: World) -> None:
    close(world)
    world.topic.answers = [""]

    assert world.hear(RunState.SUCCEEDED) is NotificationOutcome.UNSURE
    assert world.hear(RunState.SUCCEEDED) is NotificationOutcome.CLAIMED

    assert world.topic.ends == [str(END)]
    assert world.ledger.notifications[END].message_id == ""


def test_end_of_which_no_event_could_be_put_is_notified_of_by_the_next_call(world: World) -> None:
    close(world)
    world.bus.error = TransientServiceError("PutEvents: rate exceeded")
    with pytest.raises(TransientServiceError):
        world.hear(RunState.SUCCEEDED)
    world.bus.error = None

    assert world.hear(RunState.SUCCEEDED) is NotificationOutcome.SENT
    assert world.topic.ends == [str(END)]


def test_end_of_a_run_that_is_running_again_is_not_notified_of(world: World) -> None:
    world.ledger.finish_run(run_row(state=RunState.ABORTED, ended_at=ENDED_AT, failure=WHY))
    world.ledger.reopen_run(RUN_ID, 1)

    assert world.hear(RunState.ABORTED) is NotificationOutcome.NOT_ENDED
    assert world.topic.ends == []


def test_end_after_a_redrive_is_another_end(world: World) -> None:
    world.hear(RunState.ABORTED)
    world.ledger.reopen_run(RUN_ID, 1)
    world.ledger.finish_run(run_row(state=RunState.SUCCEEDED, ended_at=ENDED_AT, redrive=1))

    assert world.hear(RunState.SUCCEEDED, redrive=1) is NotificationOutcome.SENT
    assert world.hear(RunState.ABORTED) is NotificationOutcome.CLAIMED  # the first event, late

    assert world.topic.ends == [f"run/{RUN_ID}/0", f"run/{RUN_ID}/1"]
    assert [message.facts["state"] for message in world.topic.published] == ["ABORTED", "SUCCEEDED"]


def test_end_after_a_redrive_that_came_to_no_step_is_notified_of_as_its_event_says(
    world: World,
) -> None:
    world.hear(RunState.ABORTED)

    again = Failure("Cancelled", "once more")
    later = "2025-06-02T11:30:00.000Z"
    assert (
        world.hear(RunState.ABORTED, again, redrive=1, ended_at=later) is NotificationOutcome.SENT
    )

    facts = world.topic.published[1].facts
    assert (facts["endId"], facts["error"], facts["endedAt"]) == (
        f"run/{RUN_ID}/1",
        "Cancelled",
        later,
    )
    assert world.ledger.run(RUN_ID).failure == again


def test_end_of_a_success_that_the_ledger_does_not_know_raises(world: World) -> None:
    with pytest.raises(UnknownRunError):
        world.hear(RunState.SUCCEEDED, run_id="unknown")


def test_end_has_the_cost_that_is_known_by_now(world: World) -> None:
    close(world)
    run = world.ledger.runs[RUN_ID]
    world.ledger.runs[RUN_ID] = replace(run, cost=Cost(Decimal("0.4821")))

    world.hear(RunState.SUCCEEDED)

    assert world.topic.published[0].facts["costUsd"] == "0.4821"


# Runs that validation refused, or never came to


def test_end_of_a_refused_run_names_the_sample_that_its_input_names(world: World) -> None:
    world.identities["refused"] = RunIdentity("NA12891", "trio-7", 3)

    told = world.hear(
        RunState.FAILED, Failure("InvalidInputError", "no"), run_id="refused", execution_arn=ARN
    )

    assert told is NotificationOutcome.SENT
    assert world.topic.published[0].facts["sampleId"] == "NA12891"
    run = world.ledger.run("refused")
    assert (run.sample_id, run.cohort_id, run.cohort_size) == ("NA12891", "trio-7", 3)


def test_end_of_an_opened_run_does_not_look_up_its_sample(world: World) -> None:
    close(world)

    world.hear(RunState.SUCCEEDED)

    assert world.asked == []


# Cohorts

ARN = "arn:aws:states:us-east-1:123456789012:execution:secondary_analysis-dev:{}"


def open_cohort(world: World, *samples: str, size: int | None = None) -> list[RunRow]:
    runs = [
        run_row(
            run_id=sample,
            sample_id=sample,
            execution_arn=ARN.format(sample),
            cohort_id="trio-7",
            cohort_size=len(samples) if size is None else size,
        )
        for sample in samples
    ]
    for run in runs:
        world.ledger.open_run(run, [])
    return runs


def end(world: World, run: RunRow, state: RunState = RunState.SUCCEEDED) -> NotificationOutcome:
    """End a run of a cohort; return the outcome of the cohort's notification."""
    return world.hear_all(state, run_id=run.run_id, execution_arn=run.execution_arn)[2]


def test_cohort_is_notified_of_with_the_last_of_its_runs(world: World) -> None:
    child, mother, father = open_cohort(world, "child", "mother", "father")

    assert end(world, mother) is NotificationOutcome.NOT_ENDED
    assert end(world, child, RunState.FAILED) is NotificationOutcome.NOT_ENDED
    assert end(world, father) is NotificationOutcome.SENT
    assert end(world, father) is NotificationOutcome.CLAIMED

    assert world.topic.ends == ["run/mother/0", "run/child/0", "run/father/0", str(COHORT)]
    assert world.topic.published[-1].facts["samples"] == {"SUCCEEDED": 2, "FAILED": 1}
    assert world.bus.ends[-1] == str(COHORT)


def test_cohort_is_notified_of_though_the_index_still_shows_others_as_running(world: World) -> None:
    class Lagging(FakeLedger):
        """The index shows every run as it was opened."""

        def runs_of_cohort(self, cohort_id: str, started_after: str = "") -> list[RunRow]:
            runs = super().runs_of_cohort(cohort_id, started_after)
            return [replace(run, state=RunState.RUNNING, ended_at="") for run in runs]

        def newest_runs(self, *asked: Any) -> list[RunRow]:
            return [replace(run, state=RunState.RUNNING) for run in super().newest_runs(*asked)]

    child, mother = open_cohort(world, "child", "mother")
    end(world, child)
    world.ledger = Lagging(**vars(world.ledger))

    assert end(world, mother) is NotificationOutcome.SENT


def test_cohort_of_an_unknown_size_is_never_notified_of(world: World) -> None:
    (child,) = open_cohort(world, "child", size=0)

    assert end(world, child) is NotificationOutcome.NOT_ENDED


def test_cohort_whose_message_was_refused_is_notified_of_by_the_next_call(world: World) -> None:
    (child,) = open_cohort(world, "child")
    world.topic.answers = ["message-1", MessageRefusedError("throttled")]
    with pytest.raises(MessageRefusedError):
        end(world, child)

    assert end(world, child) is NotificationOutcome.SENT

    assert world.topic.ends == ["run/child/0", str(COHORT)]


def test_cohort_with_a_run_that_was_refused_ends_with_it(world: World) -> None:
    child, _ = open_cohort(world, "child", "mother")
    end(world, child)
    del world.ledger.runs["mother"]  # validation never came to write it
    world.identities["mother"] = RunIdentity("mother", "trio-7", 2)

    told = world.hear_all(RunState.FAILED, run_id="mother", execution_arn=ARN.format("mother"))

    assert told == (True, NotificationOutcome.SENT, NotificationOutcome.SENT)
    assert world.topic.ends[-1] == str(COHORT)


def test_cohort_that_was_notified_of_stays_so_when_a_sample_is_started_again(world: World) -> None:
    (child,) = open_cohort(world, "child")
    end(world, child, RunState.FAILED)
    again = replace(child, run_id="again", execution_arn=ARN.format("again"))
    world.ledger.open_run(again, [])

    assert end(world, again) is NotificationOutcome.CLAIMED
    assert world.topic.ends == ["run/child/0", str(COHORT), "run/again/0"]


def test_cohort_that_is_running_is_not_read_whole(world: World) -> None:
    class Counting(FakeLedger):
        def runs_of_cohort(self, cohort_id: str, started_after: str = "") -> list[RunRow]:
            raise AssertionError(cohort_id)

    runs = open_cohort(world, *(f"s{number:03}" for number in range(200)))
    world.ledger = Counting(**vars(world.ledger))

    assert end(world, runs[0]) is NotificationOutcome.NOT_ENDED


def started_cohort(world: World, *samples: str, **changes: Any) -> CohortRow:
    """The row of an execution that runs the samples of a cohort."""
    plan = {"samples": len(samples), "left": len(samples), "new": len(samples), "again": 0}
    row = CohortRow(
        "trio-7", ARN.format("execution"), CohortState.RUNNING, NOW_TEXT, "s3://b/sheet.csv",
        plan=plan | {"inputBytesLeft": 0, "estimate": None},
    )  # fmt: skip
    return end_execution(world, row, **changes)


def end_execution(world: World, row: CohortRow, **changes: Any) -> CohortRow:
    """The row with these changes, in the ledger."""
    changed = replace(row, **changes)
    world.ledger.cohorts["trio-7"] = changed
    return changed


def tell_cohort(world: World) -> NotificationOutcome:
    return world.notifier.notify_cohort("trio-7", NOW)


def test_cohort_that_an_execution_runs_is_notified_of_with_its_end(world: World) -> None:
    row = started_cohort(world, "child", "mother")
    runs = open_cohort(world, "child", "mother")

    assert [end(world, run) for run in runs] == [NotificationOutcome.NOT_ENDED] * 2
    end_execution(world, row, state=CohortState.SUCCEEDED, ends=1)
    assert tell_cohort(world) is NotificationOutcome.SENT
    assert tell_cohort(world) is NotificationOutcome.CLAIMED

    assert world.topic.ends[-1] == "cohort/trio-7/1"
    assert world.topic.published[-1].labels["state"] == "SUCCEEDED"


def test_every_execution_of_a_cohort_that_has_run_samples_is_notified_of(world: World) -> None:
    row = started_cohort(world, "child", state=CohortState.FAILED, ends=1)
    open_cohort(world, "child")
    end(world, world.ledger.run("child"), RunState.FAILED)
    row = end_execution(world, row, state=CohortState.SUCCEEDED, ends=2)

    assert tell_cohort(world) is NotificationOutcome.SENT

    end_execution(world, row, ends=3, plan={**row.plan, "left": 0})
    assert tell_cohort(world) is NotificationOutcome.NOT_ENDED
    end_execution(world, row, state=CohortState.FAILED, ends=4, plan={})  # its sheet was refused
    assert tell_cohort(world) is NotificationOutcome.NOT_ENDED
    row = end_execution(world, row, ends=5, plan={**row.plan, "left": 0, "wantsJoint": True})
    assert tell_cohort(world) is NotificationOutcome.SENT
    ends = ["cohort/trio-7/1", "cohort/trio-7/2", "cohort/trio-7/5"]
    assert world.topic.ends == ["run/child/0", *ends]


def test_stopped_cohort_is_notified_of_once_its_runs_have_ended(world: World) -> None:
    started_cohort(world, "child", "mother", state=CohortState.ABORTED, ends=1)
    (child,) = open_cohort(world, "child", size=2)
    assert tell_cohort(world) is NotificationOutcome.NOT_ENDED

    assert end(world, child, RunState.ABORTED) is NotificationOutcome.SENT

    assert world.topic.published[-1].facts["samples"] == {"ABORTED": 1}
    assert world.topic.published[-1].facts["notStarted"] == 2  # no run of the execution is known


def test_cohort_whose_only_sheet_was_refused_is_notified_of_with_runs_that_name_it(
    world: World,
) -> None:
    started_cohort(world, plan={}, state=CohortState.FAILED, ends=1)
    (child,) = open_cohort(world, "child")

    assert end(world, child) is NotificationOutcome.SENT

    assert world.topic.ends[-1] == str(COHORT)


def test_budget_that_held_samples_back_is_in_the_message(world: World) -> None:
    started_cohort(
        world, "child", "mother", state=CohortState.FAILED, ends=1, budget_usd=Decimal("2.5"),
        budget_met_at=NOW_TEXT, has_held_back=True,
    )  # fmt: skip

    assert tell_cohort(world) is NotificationOutcome.SENT

    message = world.topic.published[-1]
    assert message.subject == "SeqStack dev: cohort trio-7 ended, budget met: 2 not started"
    assert "budget     2.5 USD" in message.text.splitlines()
    assert message.facts["budgetUsd"] == "2.5"
