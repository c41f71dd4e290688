from typing import Any

import pytest

from emulator.engine.batch.fair_share import (
    HAS_NO_POLICY,
    NEEDS_PRIORITY,
    NEEDS_SHARE,
    check_policy,
    check_submission,
)


@pytest.mark.parametrize(
    ("has_policy", "identifier", "priority", "refusal"),
    [
        (True, "lab", 0, None),
        (True, "l" * 255, 9999, None),
        (True, None, 0, NEEDS_SHARE),
        (True, "lab", None, NEEDS_PRIORITY),
        (True, "two words", 0, "letters and digits"),
        (True, "jane.doe", 0, "letters and digits"),
        (True, "", 0, "letters and digits"),
        (True, "l" * 256, 0, "letters and digits"),
        (True, "lab", 10_000, "between 0 and 9999"),
        (True, "lab", -1, "between 0 and 9999"),
        (False, None, None, None),
        (False, "lab", None, HAS_NO_POLICY),
        (False, None, 0, HAS_NO_POLICY),
    ],
)
def test_submission_names_a_share_exactly_where_the_queue_has_a_policy(
    has_policy: bool,
    identifier: str | None,
    priority: int | None,
    refusal: str | None,
) -> None:
    if refusal is None:
        check_submission(has_policy=has_policy, identifier=identifier, priority=priority)
        return
    with pytest.raises(ValueError, match=refusal):
        check_submission(has_policy=has_policy, identifier=identifier, priority=priority)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shareDecaySeconds": 604_801},
        {"shareDecaySeconds": -1},
        {"computeReservation": 100},
        {"computeReservation": -1},
        {"shareDistribution": [{"shareIdentifier": "a-b"}]},
        {"shareDistribution": [{"shareIdentifier": "lab*"}, {"shareIdentifier": "lab1"}]},
    ],
)
def test_policy_that_batch_refuses_is_refused(
    wrong: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match=r"shareDecaySeconds|computeReservation|shareIdentifier"):
        check_policy(wrong)


def test_policy_that_batch_takes_is_taken() -> None:
    check_policy({})
    check_policy(
        {
            "shareDecaySeconds": 604_800,
            "computeReservation": 99,
            "shareDistribution": [{"shareIdentifier": "lab*"}, {"shareIdentifier": "core"}],
        }
    )
