"""A cohort's plan in a few lines."""

from typing import Any

import pytest
from rich.console import Console

from cli.options import Options
from cli.screen.cohort_table import money_lines, print_cohort

PLAN: dict[str, Any] = {
    "samples": 3, "left": 2, "new": 2, "again": 0, "follow": 0, "done": 1, "inputBytes": 3_000,
    "inputBytesLeft": 2_000, "warnings": 0, "maxConcurrency": 7, "folder": "s3://results/x/",
    "toleratedFailurePercentage": 100, "budgetUsd": None, "spentUsd": 0, "exceedsBudget": None,
}  # fmt: skip
COMMAND = Options(local=True, repeated=("--local",)).command
DRY_RUN: dict[str, Any] = {
    "cohortId": "trio", "state": "RUNNING", "startedAt": "2026-01-02T03:04:05.678Z",
    "isDryRun": True, "failure": None, "samples": {}, "costUsd": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (None, "Estimate: none yet, no run with these tools has succeeded"),
        (
            {"usd": 1.5, "hours": 2.5, "runs": 1, "basis": "cohort", "priceRatio": None},
            "Estimate: $1.50 and 2.5 hours of runs, from 1 run of this cohort",
        ),
        (
            {"usd": 1.5, "hours": 2.5, "runs": 4, "basis": "tools", "priceRatio": 1.004},
            (
                "Estimate: $1.50 and 2.5 hours of runs, from 4 runs with the same tools, "
                "at the day's Spot prices"
            ),
        ),
        (
            {"usd": 1.5, "hours": 2.5, "runs": 4, "basis": "tools", "priceRatio": 1.12},
            (
                "Estimate: $1.50 and 2.5 hours of runs, from 4 runs with the same tools, "
                "at the day's Spot prices (12 % above theirs)"
            ),
        ),
        (
            {"usd": 1.5, "hours": 2.5, "runs": 4, "basis": "cohort", "priceRatio": 0.9},
            (
                "Estimate: $1.50 and 2.5 hours of runs, from 4 runs of this cohort, "
                "at the day's Spot prices (10 % below theirs)"
            ),
        ),
    ],
)
def test_estimate_says_what_it_is_made_from(
    estimate: dict[str, Any] | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort: Any = {**DRY_RUN, "plan": {**PLAN, "estimate": estimate}}

    print_cohort(Console(), cohort, COMMAND)

    assert said in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("exceeds", "said"),
    [
        (True, "; the estimate exceeds it, so that samples would not be started"),
        (False, "; the estimate is within it"),
        (None, ""),
    ],
)
def test_plan_says_whether_its_estimate_exceeds_the_budget(
    exceeds: bool | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    budget = {"budgetUsd": 4.0, "spentUsd": 3.0, "exceedsBudget": exceeds, "estimate": None}
    cohort: Any = {**DRY_RUN, "plan": {**PLAN, **budget}}

    print_cohort(Console(), cohort, COMMAND)

    lines = capsys.readouterr().out.splitlines()
    assert f"Budget: $4.00, of which $3.00 is spent{said}" in lines


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"state": "RUNNING"},
            ["Cost so far: $1.00; to come, by estimate: $2.50; budget: $4.00"],
        ),
        (
            {"state": "FAILED", "budgetMetAt": "2026-01-02T04:05:06.789Z"},
            [
                "Cost so far: $1.00; to come, by estimate: $2.50; budget: $4.00",
                "Budget met at 2026-01-02 04:05:06: 2 samples not started",
            ],
        ),
        (
            {"state": "SUCCEEDED", "notStarted": 0, "budgetUsd": None},
            ["Cost so far: $1.00"],
        ),
        (
            {"state": "SUCCEEDED", "notStarted": 0, "unpricedAttempts": 3},
            [
                "Cost so far: $1.00; budget: $4.00",
                "Left out: 3 attempts with an unknown price, which the budget does not count",
            ],
        ),
    ],
)
def test_cost_so_far_and_to_come_are_told_with_the_budget(
    changes: dict[str, Any], said: list[str]
) -> None:
    known = {"costUsd": 1.0, "costToComeUsd": 2.5, "budgetUsd": 4.0, "notStarted": 2}
    known |= {"unpricedAttempts": 0}
    cohort: Any = {**DRY_RUN, "isDryRun": False, "budgetMetAt": None, **known, **changes}

    assert list(money_lines(cohort)) == said


JOINT: dict[str, Any] = {
    "samples": 2, "of": 3, "minSamplesPercentage": 60, "runId": "c-1", "message": None,
    "results": "s3://results/joint/0a/",
}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, []),  # an earlier version's
        (
            {"report": "s3://results/joint/0a/qc/multiqc_report.html", "reportMessage": None},
            [
                "MultiQC of all samples: seqstack --local open c-1 --qc",
                "  s3://results/joint/0a/qc/multiqc_report.html",
            ],
        ),
        (
            {"report": None, "reportMessage": "no MultiQC report of all samples: the runs of b …"},
            ["No MultiQC report of all samples: the runs of b …"],
        ),
    ],
)
def test_report_of_all_samples_is_named_beside_the_joint_vcf(
    told: dict[str, Any], said: list[str]
) -> None:
    console = Console(record=True, width=200)
    plan = {**PLAN, "estimate": None, "joint": {**JOINT, **told}}

    print_cohort(console, {**DRY_RUN, "plan": plan}, COMMAND)  # type: ignore[typeddict-item]

    lines = [line.rstrip() for line in console.export_text().splitlines()]
    assert lines[lines.index("Joint VCF of 2 samples: run c-1") :] == [
        "Joint VCF of 2 samples: run c-1",
        "  s3://results/joint/0a/",
        *said,
    ]


def test_plan_says_how_many_earlier_samples_the_sheet_no_longer_has(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cohort: Any = {**DRY_RUN, "plan": {**PLAN, "estimate": None, "leftOut": 2}}

    print_cohort(Console(), cohort, COMMAND)

    assert "Not in the sheet, and left out: 2 earlier samples" in capsys.readouterr().out
