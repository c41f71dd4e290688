"""The token of a job's end is answered once, for any number of calls."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from seqstack.domain.errors import TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.records import JobRow
from seqstack.use_cases.answer_token import answer_token
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    all_steps,
    job_record,
    run_row,
    step_plan,
    written_objects,
)
from tests.support.fakes import FakeLedger, FakeTokens

WHY = Failure("ToolFailedError", "why")
SUCCESS = ("token-1", {"jobId": JOB_ID, "status": "SUCCEEDED"})


@pytest.fixture
def ledger() -> FakeLedger:
    ledger = FakeLedger()
    ledger.open_run(run_row(), all_steps())
    ledger.arm_job(ALIGN, step_plan(), "token-1")
    ledger.record_submission(ALIGN, JOB_ID)
    return ledger


def ended(ledger: FakeLedger, failure: Failure | None = None) -> JobRow:
    ledger.record_job(ALIGN, job_record("FAILED" if failure else "SUCCEEDED"), failure)
    if not failure:
        ledger.complete_step(ALIGN, written_objects(step_plan()))
    return ledger.jobs[ALIGN]


def test_answer_token_of_a_job_that_is_running_is_not_given(ledger: FakeLedger) -> None:
    tokens = FakeTokens()

    assert not answer_token(ledger.jobs[ALIGN], ledger, tokens)
    assert (tokens.answers, ledger.jobs[ALIGN].token_answered) == ([], False)


@pytest.mark.parametrize(("failure", "answer"), [(None, SUCCESS), (WHY, ("token-1", WHY))])
def test_answer_token_of_an_ended_job_reports_how_it_ended(
    ledger: FakeLedger, failure: Failure | None, answer: tuple[str, object]
) -> None:
    tokens = FakeTokens()

    assert answer_token(ended(ledger, failure), ledger, tokens)
    assert tokens.answers == [answer]


@dataclass
class TwoCallers(FakeTokens):
    """A second call handles the end while the first one is sending its answer."""

    ledger: FakeLedger | None = None
    second: bool | None = None

    def succeed(self, token: str, output: Mapping[str, object]) -> bool:
        if self.ledger and self.second is None:
            self.second = answer_token(self.ledger.jobs[ALIGN], self.ledger, self)
        return super().succeed(token, output)


def test_answer_token_by_two_callers_at_once_is_given_by_one(ledger: FakeLedger) -> None:
    tokens = TwoCallers(ledger=ledger)

    assert answer_token(ended(ledger), ledger, tokens)

    assert tokens.second is False
    assert tokens.answers == [SUCCESS]


def test_answer_token_by_two_callers_who_read_the_same_row_is_given_by_one(
    ledger: FakeLedger,
) -> None:
    tokens = FakeTokens()
    row = ended(ledger)

    assert [answer_token(row, ledger, tokens) for _ in range(2)] == [True, False]
    assert tokens.answers == [SUCCESS]


def test_answer_token_that_is_throttled_is_given_by_the_next_call(ledger: FakeLedger) -> None:
    tokens = FakeTokens(is_throttled=True)
    row = ended(ledger)
    with pytest.raises(TransientServiceError):
        answer_token(row, ledger, tokens)
    assert not ledger.jobs[ALIGN].token_answered
    tokens.is_throttled = False

    assert answer_token(row, ledger, tokens)
    assert tokens.answers == [SUCCESS]


def test_answer_token_of_a_row_that_was_rearmed_since_is_left_to_the_new_token(
    ledger: FakeLedger,
) -> None:
    tokens = FakeTokens()
    row = ended(ledger)
    ledger.arm_job(ALIGN, step_plan(), "token-2")

    assert not answer_token(row, ledger, tokens)
    assert answer_token(ledger.jobs[ALIGN], ledger, tokens)
    assert [token for token, _ in tokens.answers] == ["token-2"]


def test_answer_token_that_is_no_longer_awaited_answers_nothing_and_is_not_tried_again(
    ledger: FakeLedger,
) -> None:
    tokens = FakeTokens(deaf={"token-1"})
    row = ended(ledger)

    assert not answer_token(row, ledger, tokens)
    assert ledger.jobs[ALIGN].token_answered


def test_answer_token_of_a_failure_without_cause_is_a_failure_all_the_same(
    ledger: FakeLedger,
) -> None:
    tokens = FakeTokens()

    answer_token(replace(ended(ledger, WHY), failure=None), ledger, tokens)

    assert tokens.answers == [("token-1", Failure("JobError", "no cause was recorded"))]
