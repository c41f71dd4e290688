"""What counts as a difference between a cohort's calls and the recorded sample's."""

import pytest

from benchmarks.scale import differences

SAMPLE = {"batch:submitjob": 100, "dynamodb:read": 100, "sns:POST": 1, "ec2:POST": 10}


def of(samples: int, **changes: float) -> dict[str, int]:
    """The calls of so many samples; `changes` are means, with `__` for the colon."""
    means = SAMPLE | {api.replace("__", ":"): mean for api, mean in changes.items()}
    return {api: round(mean * samples) for api, mean in means.items()}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"batch__submitjob": 103},
        {"batch__submitjob": 97},
        {"dynamodb__read": 120},
        {"sns__POST": 2},
        {"ec2__POST": 0.1},  # a price was looked up by another sample
    ],
)
def test_calls_within_the_tolerance_are_the_same(changes: dict[str, float]) -> None:
    assert differences(of(100, **changes), 100, SAMPLE) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"batch__submitjob": 104}, "batch:submitjob: 104.00 of a sample, not 100"),
        ({"batch__submitjob": 96}, "batch:submitjob: 96.00 of a sample, not 100"),
        ({"dynamodb__read": 79}, "dynamodb:read: 79.00 of a sample, not 100"),
        ({"ec2__POST": 13}, "ec2:POST: 13.00 of a sample, not 10"),
        ({"batch__listjobs": 0.1}, "batch:listjobs: 0.10 of a sample, not 0"),
        ({"kms__Decrypt": 2}, "kms:Decrypt: 2.00 of a sample, not 0"),
    ],
)
def test_calls_beyond_the_tolerance_are_told(changes: dict[str, float], told: str) -> None:
    assert differences(of(100, **changes), 100, SAMPLE) == [told]


def test_calls_that_are_missing_are_told() -> None:
    calls = of(100)
    del calls["batch:submitjob"]

    assert differences(calls, 100, SAMPLE) == ["batch:submitjob: 0.00 of a sample, not 100"]
