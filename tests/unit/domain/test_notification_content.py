"""What people and programs read of an end."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.cohorts import EndedCohort
from seqstack.domain.console import execution_url
from seqstack.domain.cost.totals import Cost
from seqstack.domain.failures import Failure
from seqstack.domain.notification_content import cohort_notification, run_notification
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import RunState
from tests.support.builders import EXECUTION_ARN, RESULTS_BUCKET, RUN_ID, STARTED_AT, run_row

ENDED_AT = "2025-06-02T11:45:10.625Z"  # 2 h 15 min 10.5 s after STARTED_AT
CONSOLE = "https://us-east-1.console.aws.amazon.com"
EXECUTION = f"{CONSOLE}/states/home?region=us-east-1#/v2/executions/details/{EXECUTION_ARN}"
FOLDER = f"{CONSOLE}/s3/buckets/{RESULTS_BUCKET}?region=us-east-1&prefix=results/NA12878/"
COST = Cost(Decimal("0.4821"))
WHY = Failure("OutOfMemoryError", "align (bwa) failed: exit status 137\njob 4c75, log stream bwa")


def ended(**changes: Any) -> Any:
    return run_row(**{"state": RunState.SUCCEEDED, "ended_at": ENDED_AT, **changes})


def test_run_message_of_a_success_says_it_all_to_people() -> None:
    message = run_notification(ended(cohort_id="trio-7", cost=COST), "dev")

    assert message.subject == "SeqStack dev: NA12878 succeeded"
    assert message.text.splitlines() == [
        "Sample NA12878 succeeded.",
        "",
        f"run        {RUN_ID}",
        "cohort     trio-7",
        f"started    {STARTED_AT}",
        f"ended      {ENDED_AT}",
        "took       2:15:10",
        "cost       0.48 USD so far",
        f"results    s3://{RESULTS_BUCKET}/results/NA12878/",
        f"           {FOLDER}",
        f"execution  {EXECUTION}",
    ]


def test_run_message_of_a_success_says_it_all_to_programs() -> None:
    message = run_notification(ended(cohort_id="trio-7", project="rare", cost=COST), "dev")

    assert json.loads(json.dumps(message.facts)) == {
        "endId": f"run/{RUN_ID}/0",
        "kind": "run",
        "environment": "dev",
        "runId": RUN_ID,
        "workflow": "secondary_analysis",
        "sampleId": "NA12878",
        "cohortId": "trio-7",
        "project": "rare",
        "state": "SUCCEEDED",
        "redrive": 0,
        "startedAt": STARTED_AT,
        "endedAt": ENDED_AT,
        "costUsd": "0.4821",
        "unpricedAttempts": 0,
        "resultsS3Path": f"s3://{RESULTS_BUCKET}/results/NA12878/",
        "executionArn": EXECUTION_ARN,
        "executionUrl": EXECUTION,
    }
    assert message.labels == {
        "kind": "run",
        "state": "SUCCEEDED",
        "sampleId": "NA12878",
        "cohortId": "trio-7",
        "workflow": "secondary_analysis",
    }


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.FAILED, "failed"),
        (RunState.ABORTED, "was aborted"),
        (RunState.TIMED_OUT, "timed out"),
    ],
)
def test_run_message_of_another_end_says_why(state: RunState, words: str) -> None:
    message = run_notification(ended(state=state, failure=WHY), "prod")

    assert message.subject == f"SeqStack prod: NA12878 {words}: OutOfMemoryError"
    assert message.text.splitlines()[:4] == [
        f"Sample NA12878 {words}: OutOfMemoryError.",
        "",
        "align (bwa) failed: exit status 137",
        "job 4c75, log stream bwa",
    ]
    assert (message.facts["error"], message.facts["cause"]) == (WHY.error, WHY.cause)
    assert message.labels["state"] == state


def test_run_message_of_a_run_that_was_never_opened_says_what_is_known() -> None:
    refused = ended(
        state=RunState.FAILED, sample_id="", results="", failure=Failure("InvalidInputError", "no")
    )

    message = run_notification(refused, "dev")

    assert message.subject == "SeqStack dev: unknown sample failed: InvalidInputError"
    assert "results" not in message.text
    assert "cost" not in message.text
    assert not {"sampleId", "resultsS3Path", "costUsd"} & message.facts.keys()
    assert message.labels == {
        "kind": "run",
        "state": "FAILED",
        "workflow": "secondary_analysis",
    }


def test_run_message_of_a_later_end_is_another() -> None:
    first, second = (run_notification(ended(redrive=redrive), "dev") for redrive in (0, 1))

    assert (first.facts["endId"], second.facts["endId"]) == (f"run/{RUN_ID}/0", f"run/{RUN_ID}/1")


def test_run_message_fits_what_sns_takes_however_long_its_cause() -> None:
    # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    longest = Failure("E" * 256, "\u0001😀" * 16_384)

    message = run_notification(ended(state=RunState.FAILED, failure=longest), "d" * 16)

    assert len(message.subject) < 100
    whole = json.dumps([json.dumps(message.facts), json.dumps(message.text), message.text])
    assert len(whole.encode()) < 262_144


def test_run_message_keeps_both_ends_of_a_long_cause() -> None:
    cause = "first " + "x" * 10_000 + " last"

    text = run_notification(ended(state=RunState.FAILED, failure=Failure("E", cause)), "dev").text

    assert "first xxx" in text
    assert "xxx last" in text
    assert "[…]" in text


def test_run_message_shows_nothing_of_a_cause_that_a_terminal_or_mail_would_act_on() -> None:
    failure = Failure("E", "tool said: \x1b[2J\u202e\nlast line")

    text = run_notification(ended(state=RunState.FAILED, failure=failure), "dev").text

    assert "tool said: �[2J�\nlast line" in text


@pytest.mark.parametrize("name", ["Prüfung", "a\nb", "a\tb", "😀"])
def test_run_message_has_an_ascii_subject_in_one_line(name: str) -> None:
    subject = run_notification(ended(sample_id=name, results=""), "dev").subject

    assert subject.isascii()
    assert subject.isprintable()


@pytest.mark.parametrize(
    ("arn", "console"),
    [
        (
            "arn:aws-cn:states:cn-north-1:1:execution:m:r",
            "https://cn-north-1.console.amazonaws.cn/",
        ),
        (
            "arn:aws-us-gov:states:us-gov-west-1:1:execution:m:r",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/",
        ),
    ],
)
def test_execution_url_is_of_the_partitions_console(arn: str, console: str) -> None:
    assert execution_url(arn).startswith(console)
    assert execution_url(arn).endswith(arn)


# Cohorts


def cohort(*states: RunState) -> EndedCohort:
    failure = Failure("ToolFailedError", "exit status 1")
    runs = [
        ended(
            run_id=f"r{number}",
            sample_id=f"s{number}",
            state=state,
            failure=None if state is RunState.SUCCEEDED else failure,
        )
        for number, state in enumerate(states)
    ]
    return EndedCohort("trio-7", len(runs), tuple(runs))


def test_cohort_message_of_a_success_counts_its_samples() -> None:
    three = cohort(*[RunState.SUCCEEDED] * 3)
    runs = tuple(replace(run, cost=COST if run.run_id != "r1" else None) for run in three.runs)

    message = cohort_notification(replace(three, runs=runs), "dev")

    assert message.subject == "SeqStack dev: cohort trio-7 ended, 3 succeeded"
    assert message.text.splitlines() == [
        "Cohort trio-7 has ended: of 3 samples 3 succeeded.",
        "",
        f"started    {STARTED_AT}",
        f"ended      {ENDED_AT}",
        "took       2:15:10",
        "cost       0.96 USD so far",
    ]
    assert message.facts == {
        "endId": "cohort/trio-7/0",
        "kind": "cohort",
        "environment": "dev",
        "cohortId": "trio-7",
        "cohortSize": 3,
        "state": "SUCCEEDED",
        "samples": {"SUCCEEDED": 3},
        "failedRuns": [],
        "startedAt": STARTED_AT,
        "endedAt": ENDED_AT,
        "costUsd": "0.9642",
        "unpricedAttempts": 0,
    }
    assert message.labels == {"kind": "cohort", "state": "SUCCEEDED", "cohortId": "trio-7"}


def test_cohort_message_names_what_did_not_succeed() -> None:
    mixed = cohort(RunState.SUCCEEDED, RunState.FAILED, RunState.ABORTED, RunState.SUCCEEDED)

    message = cohort_notification(mixed, "dev")

    counted = "2 succeeded, 1 failed, 1 was aborted"
    assert message.subject == f"SeqStack dev: cohort trio-7 ended, {counted}"
    assert message.text.splitlines()[-5:] == [
        "",
        "s1: failed, ToolFailedError",
        f"  {EXECUTION}",
        "s2: was aborted, ToolFailedError",
        f"  {EXECUTION}",
    ]
    assert message.facts["state"] == "FAILED"
    assert message.facts["failedRuns"] == ["r1", "r2"]


def test_cohort_message_lists_no_more_than_fifty() -> None:
    message = cohort_notification(cohort(*[RunState.FAILED] * 51), "dev")

    assert "s49: failed" in message.text
    assert "s50: failed" not in message.text
    assert message.text.endswith("and 1 more")


def test_cohort_message_of_a_run_without_a_cause_or_sample_still_names_it() -> None:
    one = cohort(RunState.ABORTED)
    nameless = replace(one, runs=(replace(one.runs[0], sample_id="", failure=None),))

    assert "r0: was aborted, no cause is known" in cohort_notification(nameless, "dev").text


def test_message_says_that_the_cost_of_some_attempts_is_not_known() -> None:
    message = run_notification(ended(cost=Cost(Decimal("0.4821"), 2)), "dev")

    assert "cost       0.48 USD so far, 2 attempts not priced" in message.text
    assert message.facts["unpricedAttempts"] == 2


def test_run_notification_reports_what_is_suspicious() -> None:
    few = StepWarning("fewReadsAligned", "1 of 100 reads are aligned")
    plain = StepWarning("notGzipped", "r_1.fastq.gz is plain text")

    message = run_notification(ended(warnings={"input": (plain,), "align": (few,)}), "dev")

    assert message.subject == "SeqStack dev: NA12878 succeeded, 2 warnings"
    assert message.text.splitlines()[1:5] == [
        "",
        "Suspicious:",
        "input: notGzipped: r_1.fastq.gz is plain text",
        "align: fewReadsAligned: 1 of 100 reads are aligned",
    ]
    assert message.facts["warnings"] == [
        {"step": "input", "code": plain.code, "message": plain.message},
        {"step": "align", "code": few.code, "message": few.message},
    ]


def test_run_notification_of_a_run_of_no_sample_says_what_it_is_of() -> None:
    prepared = ended(
        sample_id="",
        workflow="prepare_reference",
        subject="GRCh38",
        results="s3://results/references/GRCh38/0a1b/",
    )

    message = run_notification(prepared, "dev")

    assert message.subject == "SeqStack dev: prepare_reference of GRCh38 succeeded"
    assert message.text.startswith("prepare_reference of GRCh38 succeeded.")
    assert message.facts["workflow"] == "prepare_reference"
    assert message.facts["subject"] == "GRCh38"
    assert message.facts["resultsS3Path"] == "s3://results/references/GRCh38/0a1b/"
    assert message.labels == {
        "kind": "run",
        "state": "SUCCEEDED",
        "workflow": "prepare_reference",
    }
