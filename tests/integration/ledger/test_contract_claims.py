"""Claims: the ledger in DynamoDB and its fake in memory do the same.

Every conditional write is tried both ways: where its condition holds, and where it does not.
"""

from dataclasses import replace

import pytest

from seqstack.domain.claims import Claim, Taking, Waiting
from seqstack.domain.errors import TransientServiceError, UnknownRunError
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState, Step
from seqstack.use_cases.ports import Ledger
from tests.support.builders import run_row

FOLDER = "results/x/NA12878/"
LATER = 2_000_000_000
FIRST = "token-1"


def run(name: str, **changes: str) -> RunRow:
    row: RunRow = run_row(
        run_id=name,
        execution_arn=f"arn:of:{name}",
        results_folder=FOLDER,
        work_key=f"work of {name}",
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def claim(name: str) -> Claim:
    return Claim(FOLDER, name, f"work of {name}")


def open_first(ledger: Ledger) -> None:
    assert ledger.open_run(run("a"), [], Taking.by(run("a"), None))


def end(ledger: Ledger, name: str, redrive: int = 0) -> None:
    ended = replace(run(name), state=RunState.FAILED, ended_at="then", redrive=redrive)
    assert ledger.finish_run(ended)


def test_claim_of_a_folder_that_no_run_took_is_none(ledger: Ledger) -> None:
    assert ledger.claim(FOLDER) is None


def test_open_run_takes_the_claim_with_it(ledger: Ledger) -> None:
    open_first(ledger)

    assert ledger.claim(FOLDER) == claim("a")
    assert ledger.run("a") == run("a")
    open_first(ledger)  # the same call again, after a crash


def test_open_run_beside_the_holder_leaves_the_claim(ledger: Ledger) -> None:
    open_first(ledger)

    assert ledger.open_run(run("b"), [], None)
    assert ledger.claim(FOLDER) == claim("a")


@pytest.mark.parametrize("seen", [None, claim("a"), claim("another")])
def test_open_run_over_a_run_that_is_running_writes_nothing(
    ledger: Ledger, seen: Claim | None
) -> None:
    open_first(ledger)

    with pytest.raises(TransientServiceError):
        ledger.open_run(run("b"), [], Taking.by(run("b"), seen))

    assert ledger.claim(FOLDER) == claim("a")
    with pytest.raises(UnknownRunError):
        ledger.run("b")


def test_open_run_over_a_run_that_has_ended_takes_its_claim(ledger: Ledger) -> None:
    open_first(ledger)
    end(ledger, "a")

    assert ledger.open_run(run("b"), [], Taking.by(run("b"), claim("a")))
    assert ledger.claim(FOLDER) == claim("b")


def test_open_run_over_a_run_that_has_expired_takes_its_claim(ledger: Ledger) -> None:
    assert ledger.open_run(run("a"), [], Taking.by(run("gone"), None))

    assert ledger.open_run(run("b"), [], Taking.by(run("b"), claim("gone")))
    assert ledger.claim(FOLDER) == claim("b")


def test_open_run_over_an_end_that_a_redrive_has_undone_writes_nothing(ledger: Ledger) -> None:
    open_first(ledger)
    end(ledger, "a")
    ledger.reopen_run("a", 1, Taking.by(run("a"), claim("a")))

    with pytest.raises(TransientServiceError):
        ledger.open_run(run("b"), [], Taking.by(run("b"), claim("a")))


def test_reopen_run_whose_folder_another_has_taken_opens_nothing(ledger: Ledger) -> None:
    open_first(ledger)
    end(ledger, "a")
    ledger.open_run(run("b"), [], Taking.by(run("b"), claim("a")))

    for seen in (claim("a"), claim("b")):
        with pytest.raises(TransientServiceError):
            ledger.reopen_run("a", 1, Taking.by(run("a"), seen))

    assert ledger.run("a").state is RunState.FAILED
    assert ledger.claim(FOLDER) == claim("b")


def test_reopen_run_takes_the_claim_back_once_the_other_has_ended(ledger: Ledger) -> None:
    open_first(ledger)
    end(ledger, "a")
    ledger.open_run(run("b"), [], Taking.by(run("b"), claim("a")))
    end(ledger, "b")

    ledger.reopen_run("a", 1, Taking.by(run("a"), claim("b")))
    ledger.reopen_run("a", 1, Taking.by(run("a"), claim("b")))  # again, by another call

    assert (ledger.run("a").state, ledger.run("a").redrive) == (RunState.RUNNING, 1)
    assert ledger.claim(FOLDER) == claim("a")


def test_take_claim_of_a_run_that_has_ended_is_made_once(ledger: Ledger) -> None:
    open_first(ledger)
    ledger.open_run(run("b"), [])
    ledger.open_run(run("c"), [])
    assert not ledger.take_claim(Taking.by(run("b"), claim("a")))
    end(ledger, "a")

    assert ledger.take_claim(Taking.by(run("b"), claim("a")))
    assert not ledger.take_claim(Taking.by(run("c"), claim("a")))
    assert ledger.claim(FOLDER) == claim("b")


def waiting(name: str, token: str = FIRST, step: Step = Step.ALIGN) -> Waiting:
    return Waiting(FOLDER, name, step, token)


def test_waiting_steps_are_listed_by_their_newest_token(ledger: Ledger) -> None:
    open_first(ledger)
    ledger.keep_waiting(waiting("b"), LATER)
    ledger.keep_waiting(waiting("b", "token-2"), LATER)
    ledger.keep_waiting(waiting("c", "token-3", Step.ANNOTATE), LATER)

    assert ledger.waiting(FOLDER) == [
        waiting("b", "token-2"),
        waiting("c", "token-3", Step.ANNOTATE),
    ]
    assert ledger.waiting("results/other/") == []


def test_stop_waiting_is_for_one_caller_and_for_the_newest_token(ledger: Ledger) -> None:
    ledger.keep_waiting(waiting("b", "token-1"), LATER)
    ledger.keep_waiting(waiting("b", "token-2"), LATER)

    assert not ledger.stop_waiting(waiting("b", "token-1"))
    assert ledger.stop_waiting(waiting("b", "token-2"))
    assert not ledger.stop_waiting(waiting("b", "token-2"))
    assert ledger.waiting(FOLDER) == []


def test_stop_waiting_of_an_unknown_step_makes_none(ledger: Ledger) -> None:
    assert not ledger.stop_waiting(waiting("b"))
    assert ledger.waiting(FOLDER) == []
