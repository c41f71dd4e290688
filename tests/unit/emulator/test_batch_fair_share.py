import math
from typing import Any

import pytest

from emulator.engine.batch.fair_share import (
    HAS_NO_POLICY,
    NEEDS_PRIORITY,
    NEEDS_SHARE,
    FairSharePolicy,
    Share,
    Uses,
    check_submission,
)

POLICY = FairSharePolicy()
HOUR = 3600.0


@pytest.mark.parametrize(
    ("policy", "identifier", "priority", "refusal"),
    [
        (POLICY, "lab", 0, None),
        (POLICY, "l" * 255, 9999, None),
        (POLICY, None, 0, NEEDS_SHARE),
        (POLICY, "lab", None, NEEDS_PRIORITY),
        (POLICY, "two words", 0, "letters and digits"),
        (POLICY, "jane.doe", 0, "letters and digits"),
        (POLICY, "", 0, "letters and digits"),
        (POLICY, "l" * 256, 0, "letters and digits"),
        (POLICY, "lab", 10_000, "between 0 and 9999"),
        (POLICY, "lab", -1, "between 0 and 9999"),
        (None, None, None, None),
        (None, "lab", None, HAS_NO_POLICY),
        (None, None, 0, HAS_NO_POLICY),
    ],
)
def test_submission_names_a_share_exactly_where_the_queue_has_a_policy(
    policy: FairSharePolicy | None,
    identifier: str | None,
    priority: int | None,
    refusal: str | None,
) -> None:
    if refusal is None:
        check_submission(policy, identifier, priority)
        return
    with pytest.raises(ValueError, match=refusal):
        check_submission(policy, identifier, priority)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shareDecaySeconds": 604_801},
        {"shareDecaySeconds": -1},
        {"computeReservation": 1},
        {"shareDistribution": [{"shareIdentifier": "a-b"}]},
        {"shareDistribution": [{"shareIdentifier": "lab*"}, {"shareIdentifier": "lab1"}]},
    ],
)
def test_policy_that_batch_refuses_or_the_emulator_cannot_follow_is_refused(
    wrong: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match=r"shareDecaySeconds|computeReservation|shareIdentifier"):
        FairSharePolicy.from_api(wrong)


def test_share_takes_the_weight_of_the_name_or_beginning_that_fits() -> None:
    policy = FairSharePolicy.from_api(
        {
            "shareDistribution": [
                {"shareIdentifier": "lab*", "weightFactor": 0.5},
                {"shareIdentifier": "core", "weightFactor": 0.25},
                {"shareIdentifier": "plain"},
            ]
        }
    )

    names = ("lab", "labB", "core", "core2", "plain", "other")
    weights = [policy.share("high", name).weight for name in names]
    assert weights == [0.5, 0.5, 0.25, 1.0, 1.0, 1.0]


def test_load_is_what_a_share_holds_and_its_average_of_late() -> None:
    uses, lab = Uses(), Share("high", "lab")
    uses.change(lab, HOUR, 16, now=0)

    assert uses.loads(0) == {lab: 16}
    # after one window the average has come to 1 - 1/e of what is held
    assert uses.loads(HOUR)[lab] == pytest.approx(16 + 16 * (1 - 1 / math.e))


def test_load_of_a_share_that_holds_nothing_any_more_fades() -> None:
    uses, lab = Uses(), Share("high", "lab")
    uses.change(lab, HOUR, 16, now=0)
    uses.change(lab, HOUR, -16, now=HOUR)

    at_the_end = 16 * (1 - 1 / math.e)
    assert uses.loads(HOUR)[lab] == pytest.approx(at_the_end)
    assert uses.loads(2 * HOUR)[lab] == pytest.approx(at_the_end / math.e)


def test_policy_without_decay_looks_back_for_ten_minutes() -> None:
    assert FairSharePolicy().window_seconds == 600
    assert FairSharePolicy(decay_seconds=86_400).window_seconds == 86_400
