"""When a cohort is over, and whose run it is that was refused."""

import json
from dataclasses import replace
from importlib.resources import files
from itertools import permutations
from typing import Any

import pytest

from seqstack.domain.cohorts import (
    MAX_COHORT,
    NAME,
    RunIdentity,
    ended_cohort,
    newest_of_samples,
)
from seqstack.domain.notification_content import run_notification_id
from seqstack.domain.notifications import NotificationId, NotificationKind
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState
from tests.support.builders import exome_input, run_row


def run(
    name: str, sample: str, state: RunState = RunState.SUCCEEDED, size: int = 2, at: int = 0
) -> RunRow:
    """A run of the cohort that started `at` minutes past ten, and took an hour if it ended."""
    return run_row(
        run_id=name,
        sample_id=sample,
        state=state,
        started_at=f"2025-06-02T10:{at:02}:00.000Z",
        ended_at=f"2025-06-02T11:{at:02}:00.000Z" if state.is_terminal else "",
        cohort_id="trio-7",
        cohort_size=size,
    )


def test_samples_that_the_sheet_no_longer_has_do_not_count() -> None:
    removed = replace(run("a", "removed", RunState.FAILED), is_left_out=True)
    kept = run("b", "kept", at=5)

    assert newest_of_samples([removed, kept]) == (kept,)


def test_end_of_a_run_counts_its_redrives() -> None:
    assert run_notification_id(run_row(run_id="a", redrive=2)) == NotificationId(
        NotificationKind.RUN, "a", 2
    )
    assert str(NotificationId(NotificationKind.RUN, "a", 2)) == "run/a/2"
    assert str(NotificationId(NotificationKind.COHORT, "trio-7")) == "cohort/trio-7/0"


@pytest.mark.parametrize(
    "state", [RunState.SUCCEEDED, RunState.FAILED, RunState.ABORTED, RunState.TIMED_OUT]
)
def test_cohort_is_over_when_the_last_of_its_samples_has_ended(state: RunState) -> None:
    runs = [run("a", "child"), run("b", "mother", state, at=5)]

    cohort = ended_cohort("trio-7", runs)

    assert cohort
    assert (cohort.cohort_id, cohort.size, cohort.runs) == ("trio-7", 2, tuple(runs))
    assert (cohort.started_at, cohort.ended_at) == (runs[0].started_at, runs[1].ended_at)
    assert cohort.failed == (() if state is RunState.SUCCEEDED else (runs[1],))


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [run("a", "child")],  # one is still to come
        [run("a", "child"), run("b", "mother", RunState.RUNNING)],
        [run("a", "child"), run("b", "child", at=1)],  # the same sample twice
        [run("a", "child", size=0), run("b", "mother", size=0)],  # the size is unknown
        # all have ended, and one is running again
        [run("a", "child"), run("b", "mother"), run("c", "child", RunState.RUNNING, at=9)],
    ],
)
def test_cohort_is_still_running(runs: list[RunRow]) -> None:
    assert ended_cohort("trio-7", runs) is None


def test_cohort_counts_a_sample_that_was_started_again_by_its_last_run() -> None:
    failed = run("a", "child", RunState.FAILED)
    again = run("c", "child", at=30)

    for runs in permutations([failed, run("b", "mother", at=1), again]):
        cohort = ended_cohort("trio-7", runs)
        assert cohort
        assert {one.run_id for one in cohort.runs} == {"b", "c"}
        assert cohort.failed == ()


def test_cohort_counts_each_run_that_does_not_name_its_sample() -> None:
    nameless = [run("a", "", RunState.FAILED), run("b", "", RunState.FAILED)]

    cohort = ended_cohort("trio-7", nameless)

    assert cohort
    assert cohort.states == {RunState.FAILED: 2}


def test_cohort_is_as_large_as_the_largest_size_that_was_said() -> None:
    runs = [run("a", "child", size=3), run("b", "mother", size=2)]

    assert ended_cohort("trio-7", runs) is None
    assert ended_cohort("trio-7", [*runs, run("c", "father", size=0)])


def test_cohort_larger_than_was_said_ends_with_its_last_run() -> None:
    runs = [run(name, name) for name in "abc"]

    assert ended_cohort("trio-7", [*runs[:2], replace(runs[2], state=RunState.RUNNING)]) is None
    assert ended_cohort("trio-7", runs)


@pytest.mark.parametrize(
    ("document", "identity"),
    [
        (exome_input(), RunIdentity("NA12878")),
        (exome_input(cohortId="trio-7", cohortSize=3), RunIdentity("NA12878", "trio-7", 3)),
        ({"sampleId": "a", "cohortId": "trio 7", "cohortSize": 3}, RunIdentity("a", "", 3)),
        ({"sampleId": "../a", "cohortId": "trio-7"}, RunIdentity("", "trio-7")),
        ({"sampleId": "a", "cohortId": "c", "cohortSize": "many"}, RunIdentity("a", "c")),
        ({"sampleId": "a\n", "cohortId": 7, "cohortSize": 0}, RunIdentity()),
        ({"sampleId": "a", "cohortSize": True}, RunIdentity("a")),
        ({}, RunIdentity()),
        ([1, 2], RunIdentity()),
        (None, RunIdentity()),
    ],
)
def test_identity_of_an_input_is_what_is_sound_of_it(document: Any, identity: RunIdentity) -> None:
    assert RunIdentity.of(document) == identity


def test_identity_allows_what_the_schema_allows() -> None:
    schema = json.loads(files("seqstack.domain").joinpath("input.schema.json").read_text())
    keys = schema["properties"]

    assert keys["sampleId"]["pattern"] == keys["cohortId"]["pattern"] == f"^{NAME}$"
    assert (keys["cohortSize"]["minimum"], keys["cohortSize"]["maximum"]) == (1, MAX_COHORT)
