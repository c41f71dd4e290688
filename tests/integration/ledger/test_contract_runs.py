"""Runs: the ledger in DynamoDB and its fake in memory do the same.

Every conditional write is tried both ways: where its condition holds, and where it does not.
"""

from dataclasses import replace

import pytest

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step, StepState
from seqstack.use_cases.ports import Ledger
from tests.support.builders import (
    ALIGN,
    RUN_ID,
    STARTED_AT,
    all_steps,
    run_row,
    step_plan,
    step_row,
)

FAILURE = Failure("ToolFailedError", "align (bwa) failed: exit status 1")
ENDED = "2025-06-02T10:00:00.250Z"


def test_open_run_new_writes_run_and_steps(opened: Ledger) -> None:
    history = opened.history(RUN_ID)

    assert history.run == run_row()
    assert list(history.steps) == all_steps()
    assert history.jobs == ()


def test_open_run_of_a_cohort_keeps_which_and_how_large(ledger: Ledger) -> None:
    run = run_row(cohort_id="trio-7", cohort_size=3)

    assert ledger.open_run(run, all_steps())

    assert ledger.run(RUN_ID) == run


def test_open_run_keeps_what_it_is_made_by(ledger: Ledger) -> None:
    run = run_row(
        state_machine_version="arn:of:the:version:3",
        images={Step.ALIGN: "repository/bwa@sha256:ab"},
    )
    step = step_row(plan=step_plan(image_digest="sha256:ab"))

    assert ledger.open_run(run, [step])

    assert ledger.run(RUN_ID) == run
    assert ledger.step(RUN_ID, Step.ALIGN) == step


def test_note_tool_versions_of_steps_are_kept_side_by_side_whatever_the_runs_state(
    opened: Ledger,
) -> None:
    bwa, snpeff = {"bwa": "0.7.17-r1188", "samtools": "1.16.1"}, {"snpEff": "5.1d"}

    opened.note_tool_versions(RUN_ID, Step.ALIGN, bwa)
    opened.finish_run(run_row(state=RunState.SUCCEEDED, ended_at=ENDED))
    opened.note_tool_versions(RUN_ID, Step.ANNOTATE, snpeff)
    opened.note_tool_versions(RUN_ID, Step.ANNOTATE, snpeff)

    run = opened.run(RUN_ID)
    assert run.tool_versions == {Step.ALIGN: bwa, Step.ANNOTATE: snpeff}
    assert run.state is RunState.SUCCEEDED


def test_note_sheet_changes_what_the_sheet_says_alone_and_writes_no_run_anew(
    opened: Ledger,
) -> None:
    opened.finish_run(run_row(state=RunState.SUCCEEDED, ended_at=ENDED))
    ended = opened.run(RUN_ID)
    noted = replace(ended, tags={"patient": "p7"}, is_left_out=True)

    opened.note_sheet(replace(noted, state=RunState.RUNNING))
    opened.note_sheet(replace(noted, run_id="gone"))

    assert opened.run(RUN_ID) == noted
    with pytest.raises(UnknownRunError):
        opened.run("gone")
    opened.note_sheet(ended)
    assert opened.run(RUN_ID) == ended


def test_note_tool_versions_of_a_run_that_has_expired_writes_nothing(ledger: Ledger) -> None:
    ledger.note_tool_versions("gone", Step.ALIGN, {"bwa": "0.7.17"})

    with pytest.raises(UnknownRunError):
        ledger.run("gone")


def test_open_run_for_a_project_keeps_it_in_run_and_steps(ledger: Ledger) -> None:
    run = run_row(project="rare-disease")
    step = step_row(plan=step_plan(project="rare-disease"))

    assert ledger.open_run(run, [step])

    assert ledger.run(RUN_ID) == run
    assert ledger.step(RUN_ID, Step.ALIGN) == step


def test_runs_of_a_project_cohort_or_sample_are_its_own_newest_first(ledger: Ledger) -> None:
    def open_run(run_id: str, minute: int, project: str, cohort: str, sample: str) -> None:
        started_at = f"2025-06-02T09:{minute}:00.000Z"
        names = {"project": project, "cohort_id": cohort, "sample_id": sample}
        assert ledger.open_run(run_row(run_id=run_id, started_at=started_at, **names), [])

    open_run("late", 40, "rare", "trio-7", "mother")
    open_run("early", 30, "rare", "trio-7", "father")
    open_run("other", 35, "", "trio-8", "mother")
    open_run("none", 36, "", "", "child")

    def newest(until: str = "~", limit: int = 9, **wanted: str) -> list[str]:
        return [run.run_id for run in ledger.newest_runs(RunFilter(**wanted), Cursor(until), limit)]

    assert newest(project="rare") == ["late", "early"]
    assert newest(project="rare", limit=1) == ["late"]
    assert newest(project="rare", until="2025-06-02T09:39:00.000Z") == ["early"]
    assert newest(project="unknown") == []
    assert newest(cohort_id="trio-7") == ["late", "early"]
    assert newest(sample_id="mother") == ["late", "other"]
    since = "2025-06-02T09:30:00.000Z"
    assert [run.run_id for run in ledger.runs_of_cohort("trio-7", since)] == ["late"]


def test_open_run_again_of_the_same_execution_changes_nothing(opened: Ledger) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, 1)

    assert opened.open_run(run_row(sample_id="other"), all_steps())

    assert opened.history(RUN_ID).run == run_row()
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.RUNNING


def test_open_run_of_another_execution_is_refused(opened: Ledger) -> None:
    assert not opened.open_run(run_row(execution_arn="arn:of:another"), all_steps())
    assert opened.history(RUN_ID).run == run_row()


@pytest.mark.parametrize("run_id", ["unknown", "NA12878", ""])
def test_history_of_an_unknown_run_raises(opened: Ledger, run_id: str) -> None:
    with pytest.raises(UnknownRunError):
        opened.history(run_id)


def test_step_of_an_unknown_run_raises(opened: Ledger) -> None:
    with pytest.raises(UnknownRunError):
        opened.step("unknown", Step.ALIGN)


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.ABORTED, RunState.TIMED_OUT])
def test_finish_run_open_run_is_closed(opened: Ledger, state: RunState) -> None:
    ended = run_row(state=state, ended_at=ENDED, failure=FAILURE)

    assert opened.finish_run(ended)
    assert opened.history(RUN_ID).run == ended


def test_gates_and_metrics_of_a_run_are_kept(ledger: Ledger) -> None:
    run = run_row(qc_gates={"meanTargetDepth": {"min": 30}, "titv": {"min": 1.9, "max": 3.3}})
    ledger.open_run(run, [])
    ended = replace(
        run, state=RunState.QC_FAILED, ended_at=ENDED, failure=FAILURE, metrics={"titv": 1.52}
    )

    assert ledger.finish_run(ended)
    assert ledger.run(RUN_ID) == ended


def test_finish_run_closed_run_stays(opened: Ledger) -> None:
    succeeded = run_row(state=RunState.SUCCEEDED, ended_at=ENDED)
    opened.finish_run(succeeded)

    assert not opened.finish_run(run_row(state=RunState.FAILED, ended_at="later", failure=FAILURE))
    assert opened.history(RUN_ID).run == succeeded


def test_finish_run_of_another_execution_is_refused(opened: Ledger) -> None:
    assert not opened.finish_run(run_row(state=RunState.FAILED, execution_arn="arn:of:another"))
    assert opened.history(RUN_ID).run == run_row()


def test_finish_run_unknown_run_is_not_made(ledger: Ledger) -> None:
    assert not ledger.finish_run(run_row(state=RunState.FAILED))
    with pytest.raises(UnknownRunError):
        ledger.history(RUN_ID)


def test_write_rejected_run_unknown_run_is_written_ended(ledger: Ledger) -> None:
    rejected = run_row(
        sample_id="", state=RunState.FAILED, results="", tools={}, ended_at=ENDED, failure=FAILURE
    )

    assert ledger.write_rejected_run(rejected)
    assert ledger.history(RUN_ID).run == rejected


def test_write_rejected_run_known_run_stays(opened: Ledger) -> None:
    assert not opened.write_rejected_run(run_row(state=RunState.FAILED, failure=FAILURE))
    assert opened.history(RUN_ID).run == run_row()


def test_run_is_given_without_its_steps_and_jobs(opened: Ledger) -> None:
    assert opened.run(RUN_ID) == run_row()


def test_run_unknown_raises(opened: Ledger) -> None:
    with pytest.raises(UnknownRunError):
        opened.run("unknown")


def test_finish_run_of_an_end_before_the_redrive_is_refused(opened: Ledger) -> None:
    opened.finish_run(run_row(state=RunState.FAILED, ended_at=ENDED, failure=FAILURE))
    opened.reopen_run(RUN_ID, 1)
    opened.reopen_step(RUN_ID, Step.ALIGN, 1)

    assert not opened.finish_run(run_row(state=RunState.FAILED, ended_at=ENDED, redrive=0))
    assert opened.run(RUN_ID).state is RunState.RUNNING

    assert opened.finish_run(run_row(state=RunState.ABORTED, ended_at="later", redrive=1))
    assert opened.run(RUN_ID) == run_row(state=RunState.ABORTED, ended_at="later", redrive=1)


def test_finish_run_of_a_redrive_that_submitted_nothing_is_taken(opened: Ledger) -> None:
    # it failed again before any step was reopened
    assert opened.finish_run(run_row(state=RunState.FAILED, ended_at=ENDED, redrive=1))
    assert opened.run(RUN_ID).state is RunState.FAILED


def test_finish_run_of_a_redrive_that_was_refused_ends_it_again_once(opened: Ledger) -> None:
    refused = Failure("ResultsInUseError", "another run writes there")
    opened.finish_run(run_row(state=RunState.ABORTED, ended_at=ENDED, failure=FAILURE))
    again = run_row(state=RunState.FAILED, ended_at="later", failure=refused, redrive=1)

    assert not opened.finish_run(replace(again, execution_arn="another"))
    assert opened.finish_run(again)
    assert opened.run(RUN_ID) == again
    assert not opened.finish_run(replace(again, state=RunState.ABORTED, ended_at="much later"))
    assert not opened.finish_run(replace(again, ended_at="before", redrive=0))
    opened.reopen_run(RUN_ID, 1)
    assert opened.run(RUN_ID) == again
    opened.reopen_run(RUN_ID, 2)
    assert opened.run(RUN_ID) == run_row(redrive=2)


def test_finish_run_of_a_redrive_without_a_failure_leaves_none_of_before(opened: Ledger) -> None:
    opened.finish_run(run_row(state=RunState.ABORTED, ended_at=ENDED, failure=FAILURE))

    assert opened.finish_run(run_row(state=RunState.SUCCEEDED, ended_at="later", redrive=1))
    assert opened.run(RUN_ID).failure is None


def test_runs_in_state_are_those_alone_oldest_first(ledger: Ledger) -> None:
    starts = {"b": "2025-06-02T09:00:00.000Z", "a": "2025-06-02T10:00:00.000Z", "c": "2025-06-01"}
    for run_id, start in starts.items():
        ledger.open_run(run_row(run_id=run_id, started_at=start), [])
    done = run_row(run_id="d", state=RunState.SUCCEEDED, ended_at=ENDED)
    ledger.open_run(run_row(run_id="d"), [])
    ledger.finish_run(done)

    assert [run.run_id for run in ledger.runs_in_state(RunState.RUNNING)] == ["c", "b", "a"]
    assert ledger.runs_in_state(RunState.SUCCEEDED) == [done]
    assert ledger.runs_in_state(RunState.ABORTED) == []


def test_runs_in_state_after_a_time_leave_out_those_of_before_and_of_that_moment(
    opened: Ledger,
) -> None:
    def found(after: str) -> list[str]:
        return [run.run_id for run in opened.runs_in_state(RunState.RUNNING, after)]

    assert found("2025-06-02T09:30:00.124Z") == [RUN_ID]
    assert found(STARTED_AT) == []


def test_history_gives_jobs_by_step_and_attempt_of_this_run_alone(opened: Ledger) -> None:
    other = run_row(run_id=RUN_ID + "0")
    opened.open_run(other, [])
    keys = [JobKey(RUN_ID, Step.ANNOTATE, 1)]
    keys += [replace(ALIGN, attempt=number) for number in (10, 2, 1, 9)]
    for key in [*keys, JobKey(other.run_id, Step.ALIGN, 1)]:
        opened.arm_job(key, step_plan(), "token")

    jobs = opened.history(RUN_ID).jobs

    assert [(job.key.step, job.key.attempt) for job in jobs] == [
        (Step.ALIGN, 1),
        (Step.ALIGN, 2),
        (Step.ALIGN, 9),
        (Step.ALIGN, 10),
        (Step.ANNOTATE, 1),
    ]


def test_runs_in_state_are_those_that_ended_after_a_time(ledger: Ledger) -> None:
    for name, ended_at in [("early", "2025-06-02T10:00:00.000Z"), ("late", ENDED)]:
        run = run_row(run_id=name)
        ledger.open_run(run, [])
        ledger.finish_run(replace(run, state=RunState.FAILED, ended_at=ended_at))

    found = ledger.runs_in_state(RunState.FAILED, ended_after="2025-06-02T10:00:00.000Z")

    assert [run.run_id for run in found] == ["late"]


def test_report_is_kept_on_the_run_and_replaced(opened: Ledger) -> None:
    place = S3Uri("results", "NA12878/report/run.html")
    first = StoredObject(place, 7_000, "one", "SHA256:AA==", "v1")

    crate = (
        replace(first, uri=place.parent / "a.json"),
        replace(first, uri=place.parent / "b.json"),
    )
    opened.record_report(RUN_ID, first, crate)
    assert opened.run(RUN_ID).report == first
    assert opened.run(RUN_ID).crate == crate

    second = replace(first, etag="two", version_id="v2")
    opened.record_report(RUN_ID, second, crate[1:])
    assert opened.run(RUN_ID).report == second
    assert opened.run(RUN_ID).crate == crate[1:]


def test_report_of_an_unknown_run_is_not_kept(ledger: Ledger) -> None:
    ledger.record_report(RUN_ID, StoredObject(S3Uri("results", "r.html"), 1, "one"), ())

    with pytest.raises(UnknownRunError):
        ledger.run(RUN_ID)
