"""A cohort's plan in a few lines."""

from typing import Any

import pytest
from rich.console import Console

from cli.screen.cohort_table import print_cohort

PLAN: dict[str, Any] = {
    "samples": 3, "left": 2, "new": 2, "again": 0, "follow": 0, "done": 1, "inputBytes": 3_000,
    "inputBytesLeft": 2_000, "warnings": 0, "maxConcurrency": 7, "folder": "s3://results/x/",
    "toleratedFailurePercentage": 100,
}  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (None, "Estimate: none yet, no run with these tools has succeeded"),
        (
            {"usd": 1.5, "hours": 2.5, "runs": 1, "basis": "cohort"},
            "Estimate: $1.50 and 2.5 hours of runs, from 1 run of this cohort",
        ),
        (
            {"usd": 1.5, "hours": 2.5, "runs": 4, "basis": "tools"},
            "Estimate: $1.50 and 2.5 hours of runs, from 4 runs with the same tools",
        ),
    ],
)
def test_estimate_says_what_it_is_made_from(
    estimate: dict[str, Any] | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort: Any = {
        "cohortId": "trio", "state": "RUNNING", "startedAt": "2026-01-02T03:04:05.678Z",
        "isDryRun": True, "plan": {**PLAN, "estimate": estimate}, "failure": None, "samples": {},
        "costUsd": None,
    }  # fmt: skip

    print_cohort(Console(), cohort)

    assert said in capsys.readouterr().out.splitlines()
