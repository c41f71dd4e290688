"""Waiting jobs and their tokens: the ledger in DynamoDB and its fake in memory do the same.

Every conditional write is tried both ways: where its condition holds, and where it does not.
"""

import pytest

from seqstack.use_cases.ports import Ledger
from tests.support.builders import (
    ALIGN,
    attempt,
    job_record,
    step_plan,
)

BLOCKED = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested"


def reason_of(ledger: Ledger) -> str:
    job = ledger.job(ALIGN)
    assert job
    return job.status_reason


@pytest.mark.parametrize("known", [None, "RUNNABLE"])
def test_note_waiting_of_a_job_without_host_is_reported(
    submitted: Ledger, known: str | None
) -> None:
    if known:
        submitted.record_job(ALIGN, job_record(known), None)

    submitted.note_waiting(ALIGN, job_record("RUNNABLE", statusReason=BLOCKED))

    assert reason_of(submitted) == BLOCKED


def test_note_waiting_of_a_job_that_waits_again_after_a_reclaim_is_reported(
    submitted: Ledger,
) -> None:
    submitted.record_job(ALIGN, job_record("RUNNABLE", attempts=[attempt()]), None)

    blocked = job_record("RUNNABLE", attempts=[attempt()], statusReason=BLOCKED)
    submitted.note_waiting(ALIGN, blocked)

    assert reason_of(submitted) == BLOCKED


@pytest.mark.parametrize("status", ["STARTING", "RUNNING", "SUCCEEDED", "FAILED"])
def test_note_waiting_of_a_job_that_has_got_a_host_changes_nothing(
    submitted: Ledger, status: str
) -> None:
    submitted.record_job(ALIGN, job_record(status), None)
    before = submitted.job(ALIGN)

    submitted.note_waiting(ALIGN, job_record("RUNNABLE", statusReason=BLOCKED))

    assert submitted.job(ALIGN) == before


def test_note_waiting_never_armed_is_not_made(opened: Ledger) -> None:
    opened.note_waiting(ALIGN, job_record("RUNNABLE", statusReason=BLOCKED))

    assert opened.job(ALIGN) is None


# Tokens


def is_answered(ledger: Ledger) -> bool:
    job = ledger.job(ALIGN)
    assert job
    return job.token_answered


def test_claim_token_newest_is_given_to_one_caller(submitted: Ledger) -> None:
    assert [submitted.claim_token(ALIGN, "token-1") for _ in range(3)] == [True, False, False]
    assert is_answered(submitted)


def test_claim_token_of_before_is_not_given(submitted: Ledger) -> None:
    submitted.arm_job(ALIGN, step_plan(), "token-2")

    assert not submitted.claim_token(ALIGN, "token-1")
    assert not is_answered(submitted)
    assert submitted.claim_token(ALIGN, "token-2")


def test_claim_token_never_armed_is_not_made(opened: Ledger) -> None:
    assert not opened.claim_token(ALIGN, "token-1")
    assert opened.job(ALIGN) is None


def test_release_token_gives_it_to_the_next_caller(submitted: Ledger) -> None:
    submitted.claim_token(ALIGN, "token-1")

    submitted.release_token(ALIGN, "token-1")

    assert not is_answered(submitted)
    assert submitted.claim_token(ALIGN, "token-1")


def test_release_token_of_before_leaves_the_newest_claimed(submitted: Ledger) -> None:
    submitted.arm_job(ALIGN, step_plan(), "token-2")
    submitted.claim_token(ALIGN, "token-2")

    submitted.release_token(ALIGN, "token-1")

    assert is_answered(submitted)


def test_release_token_never_armed_is_not_made(opened: Ledger) -> None:
    opened.release_token(ALIGN, "token-1")

    assert opened.job(ALIGN) is None
