import pytest

from emulator.engine.batch.retry import RetryStrategy
from emulator.engine.batch.runner import Outcome

RECLAIMED = Outcome.host_terminated("i-0abc")
FAILED = Outcome(1)
OUT_OF_MEMORY = Outcome.out_of_memory()
NOT_PULLED = Outcome.not_started("CannotPullContainerError: no such image")


def strategy(*entries: dict[str, str], attempts: int = 3) -> RetryStrategy:
    return RetryStrategy.from_api({"attempts": attempts, "evaluateOnExit": list(entries)})


def test_retry_without_a_strategy_is_one_attempt() -> None:
    assert not RetryStrategy.from_api(None).allows_another(FAILED, attempts_made=1)


def test_retry_without_conditions_continues_until_attempts_are_used() -> None:
    retry = strategy(attempts=3)

    assert [retry.allows_another(FAILED, made) for made in (1, 2, 3)] == [True, True, False]


def test_retry_with_no_matching_condition_retries() -> None:
    assert strategy({"onExitCode": "7", "action": "EXIT"}).allows_another(FAILED, 1)


def test_retry_takes_the_first_condition_that_matches() -> None:
    retry = strategy({"onExitCode": "1", "action": "EXIT"}, {"onReason": "*", "action": "RETRY"})

    assert not retry.allows_another(FAILED, 1)


def test_retry_of_matching_condition_stops_at_the_last_attempt() -> None:
    retry = strategy({"onStatusReason": "Host EC2*", "action": "RETRY"}, attempts=2)

    assert retry.allows_another(RECLAIMED, 1)
    assert not retry.allows_another(RECLAIMED, 2)


def test_retry_only_on_reclaim_leaves_other_failures_alone() -> None:
    """The rule of the stack's job definitions, and of AWS's own examples for Spot."""
    retry = strategy(
        {"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}
    )

    assert retry.allows_another(RECLAIMED, 1)
    assert not retry.allows_another(FAILED, 1)
    assert not retry.allows_another(OUT_OF_MEMORY, 1)
    assert not retry.allows_another(NOT_PULLED, 1)


def test_retry_condition_needs_all_of_its_patterns() -> None:
    both = {"onReason": "OutOfMemory*", "onExitCode": "137", "action": "EXIT"}

    assert not strategy(both).allows_another(OUT_OF_MEMORY, 1)
    assert strategy(both).allows_another(Outcome(137), 1)
    assert strategy(both).allows_another(Outcome(1, OUT_OF_MEMORY.reason), 1)


@pytest.mark.parametrize(
    ("pattern", "outcome", "matches"),
    [
        ({"onExitCode": "1"}, Outcome(1), True),
        ({"onExitCode": "1"}, Outcome(137), False),
        ({"onExitCode": "1*"}, Outcome(137), True),
        ({"onExitCode": "1"}, RECLAIMED, False),
        ({"onExitCode": "*"}, RECLAIMED, True),
        ({"onReason": "CannotPullContainerError:*"}, NOT_PULLED, True),
        ({"onReason": "CannotPullContainerError"}, NOT_PULLED, False),
        ({"onReason": "*"}, FAILED, True),
        ({"onStatusReason": "Task failed to start"}, NOT_PULLED, True),
        ({"onStatusReason": "Host EC2"}, RECLAIMED, False),
    ],
)
def test_retry_pattern_is_whole_or_ends_with_an_asterisk(
    pattern: dict[str, str], outcome: Outcome, matches: bool
) -> None:
    exits = strategy({**pattern, "action": "EXIT"})

    assert exits.allows_another(outcome, 1) is not matches


def test_retry_action_is_not_case_sensitive() -> None:
    assert not strategy({"onReason": "*", "action": "exit"}).allows_another(FAILED, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"attempts": 11},
        {"attempts": 2, "evaluateOnExit": [{"action": "RETRY"}] * 6},
        {"attempts": 2, "evaluateOnExit": [{"onReason": "*"}]},
        {"attempts": 2, "evaluateOnExit": [{"onReason": "*timed out", "action": "RETRY"}]},
        {"attempts": 2, "evaluateOnExit": [{"onReason": "task's", "action": "RETRY"}]},
        {"attempts": 2, "evaluateOnExit": [{"onStatusReason": "Host (*", "action": "RETRY"}]},
        {"attempts": 2, "evaluateOnExit": [{"onExitCode": "1[0-9]", "action": "RETRY"}]},
        {"attempts": 2, "evaluateOnExit": [{"onReason": "a" * 513, "action": "RETRY"}]},
    ],
)
def test_retry_strategy_that_batch_refuses_raises(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"attempts|evaluateOnExit"):
        RetryStrategy.from_api(wrong)
