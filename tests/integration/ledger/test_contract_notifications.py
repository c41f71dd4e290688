"""Notifications: the ledger in DynamoDB and its fake in memory behave the same."""

import pytest

from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.notifications import NotificationId, NotificationKind, NotificationRecord
from seqstack.domain.run_pages import Cursor, RunFilter
from tests.support.builders import RUN_ID, all_steps, run_row
from tests.support.fakes import FakeLedger

NOW, LATER = "2025-06-02T12:00:00.000Z", "2025-06-02T13:00:00.000Z"
END = NotificationId(NotificationKind.RUN, RUN_ID)
ENDS = [
    END,
    NotificationId(NotificationKind.RUN, RUN_ID, 1),
    NotificationId(NotificationKind.COHORT, RUN_ID),
]

type Ledger = FakeLedger  # with what `NotificationLedger` and `Ledger` ask for together


def test_notice_of_an_end_without_a_claim_is_none(ledger: Ledger) -> None:
    assert ledger.notification(END) is None


def test_claim_is_the_first_callers(ledger: Ledger) -> None:
    assert ledger.claim_notification(END, NOW)
    assert not ledger.claim_notification(END, LATER)
    assert ledger.notification(END) == NotificationRecord(END, NOW)


@pytest.mark.parametrize("other", ENDS[1:])
def test_claims_of_different_ends_are_apart(ledger: Ledger, other: NotificationId) -> None:
    assert ledger.claim_notification(END, NOW)
    assert ledger.claim_notification(other, LATER)
    assert ledger.notification(END) == NotificationRecord(END, NOW)
    assert ledger.notification(other) == NotificationRecord(other, LATER)


def test_confirmed_notice_keeps_its_first_message(ledger: Ledger) -> None:
    ledger.claim_notification(END, NOW)
    ledger.confirm_notification(END, "message-1")
    ledger.confirm_notification(END, "message-2")

    assert ledger.notification(END) == NotificationRecord(END, NOW, "message-1")
    assert not ledger.claim_notification(END, LATER)


def test_confirmation_of_an_end_without_a_claim_is_none(ledger: Ledger) -> None:
    ledger.confirm_notification(END, "message-1")

    assert ledger.notification(END) is None


def test_released_notice_can_be_claimed_once_more(ledger: Ledger) -> None:
    ledger.claim_notification(END, NOW)
    ledger.release_notification(END, NOW)
    assert ledger.notification(END) == NotificationRecord(END, NOW, is_open=True)

    assert ledger.claim_notification(END, LATER)
    assert not ledger.claim_notification(END, LATER)
    assert ledger.notification(END) == NotificationRecord(END, LATER)


def test_release_of_a_notice_that_is_out_changes_nothing(ledger: Ledger) -> None:
    ledger.claim_notification(END, NOW)
    ledger.confirm_notification(END, "message-1")
    ledger.release_notification(END, LATER)

    assert not ledger.claim_notification(END, LATER)


def test_release_of_an_end_without_a_claim_is_none(ledger: Ledger) -> None:
    ledger.release_notification(END, NOW)

    assert ledger.notification(END) is None


def test_history_has_the_notifications_of_its_run_alone(ledger: Ledger) -> None:
    ledger.open_run(run_row(), all_steps())
    for end in [*ENDS, NotificationId(NotificationKind.RUN, "another")]:
        ledger.claim_notification(end, NOW)

    assert {notification.id for notification in ledger.history(RUN_ID).notifications} == set(
        ENDS[:2]
    )


def test_identity_is_written_where_no_sample_is_known(ledger: Ledger) -> None:
    ledger.write_rejected_run(run_row(run_id="refused", sample_id=""))
    ledger.identify_run("refused", RunIdentity("NA12891", "trio-7", 3, "rare"))
    ledger.identify_run("refused", RunIdentity("another"))

    run = ledger.run("refused")
    assert (run.sample_id, run.cohort_id, run.cohort_size) == ("NA12891", "trio-7", 3)
    of_project = ledger.newest_runs(RunFilter(project="rare"), Cursor(), 1)
    assert [run.run_id for run in of_project] == ["refused"]
    assert [run.run_id for run in ledger.runs_of_cohort("trio-7")] == ["refused"]


@pytest.mark.parametrize("identity", [RunIdentity(), RunIdentity("", "trio-7")])
def test_identity_that_is_not_known_whole_is_written_as_far(
    ledger: Ledger, identity: RunIdentity
) -> None:
    ledger.write_rejected_run(run_row(run_id="refused", sample_id=""))
    ledger.identify_run("refused", identity)

    run = ledger.run("refused")
    assert (run.sample_id, run.cohort_id) == ("", identity.cohort_id)


def test_identity_of_a_run_that_is_not_there_makes_none(ledger: Ledger) -> None:
    ledger.identify_run("unknown", RunIdentity("NA12891"))

    assert ledger.newest_runs(RunFilter(sample_id="NA12891"), Cursor(), 1) == []
