"""Reading AWS Batch's JobDetail; shapes from the API reference and the user guide's events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.words import JobState, Step
from tests.support.builders import HIGH, JOB_ID, LOG_STREAM, RUN_ID, attempt, job_record, read_event

BATCH_STATES = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"]


def heard(situation: str) -> JobRecord:
    return JobRecord.from_batch(read_event(f"track_job/{situation}.json")["detail"])


def test_record_of_a_runnable_job_has_key_and_no_past() -> None:
    job = heard("runnable")

    assert job == JobRecord(
        job_id=JOB_ID,
        job_name=f"{RUN_ID}-align-1",
        job_queue=HIGH,
        state=JobState.RUNNABLE,
        batch_attempts=0,
        key=JobKey(RUN_ID, Step.ALIGN, 1),
        created_at=1_748_856_605_000,
    )


def test_record_of_a_job_that_succeeded_has_exit_code_zero_log_and_times() -> None:
    job = heard("succeeded")

    assert (job.state, job.exit_code, job.batch_attempts) == (JobState.SUCCEEDED, 0, 1)
    assert job.log_stream == LOG_STREAM
    assert (job.started_at, job.stopped_at) == (1_748_856_800_000, 1_748_860_400_000)


def test_record_of_a_job_out_of_memory_has_the_containers_reason() -> None:
    job = heard("out_of_memory")

    assert job.container_reason == "OutOfMemoryError: Container killed due to memory usage"
    assert job.exit_code == 137


def test_record_of_a_reclaimed_job_counts_the_attempt_and_keeps_the_reason() -> None:
    job = heard("runnable_after_reclaim")

    assert (job.state, job.batch_attempts, job.exit_code) == (JobState.RUNNABLE, 1, None)
    assert job.status_reason == "Host EC2 (instance i-0123456789abcdef0) terminated."


def test_record_takes_what_only_the_last_attempt_has() -> None:
    job = job_record("FAILED", attempts=[attempt(2, "first"), attempt(3, "second")])

    assert (job.exit_code, job.container_reason, job.log_stream) == (3, "second", LOG_STREAM)


@pytest.mark.parametrize("flag", ["isTerminated", "isCancelled"])
def test_record_of_a_job_that_somebody_stopped_says_so(flag: str) -> None:
    assert job_record("FAILED", **{flag: True}).is_stopped
    assert not job_record("FAILED").is_stopped


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"runId": "r", "step": "align"},
        {"runId": "r", "step": "call-variants", "attempt": "1"},
        {"runId": "r", "step": "align", "attempt": "first"},
    ],
)
def test_record_of_a_job_without_our_parameters_has_no_key(parameters: dict[str, str]) -> None:
    assert job_record("RUNNING", parameters=parameters).key is None


def test_record_of_a_job_whose_step_only_another_version_knows_has_its_key() -> None:
    parameters = {"runId": "r", "step": "polish", "attempt": "1"}

    assert job_record("RUNNING", parameters=parameters).key == JobKey("r", "polish", 1)


@given(
    run_id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,55}", fullmatch=True),
    step=st.sampled_from(Step),
    attempt_number=st.integers(1, 99),
)
def test_key_survives_a_jobs_parameters(run_id: str, step: Step, attempt_number: int) -> None:
    key = JobKey(run_id, step, attempt_number)

    assert JobKey.from_parameters(key.as_parameters()) == key
    assert len(key.job_name) <= 128  # SubmitJob's limit


def test_progress_a_life_without_retry_only_rises() -> None:
    life = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    progress = [job_record(state).progress for state in life]

    assert progress == sorted(set(progress))


def test_progress_a_retried_life_only_rises() -> None:
    once, twice = [attempt(1)], [attempt(1), attempt(1)]
    life = [
        job_record("RUNNABLE"),
        job_record("STARTING"),
        job_record("RUNNING"),
        job_record("RUNNABLE", attempts=once),
        job_record("STARTING", attempts=once),
        job_record("RUNNING", attempts=once),
        job_record("FAILED", attempts=twice),
    ]

    assert [job.progress for job in life] == sorted({job.progress for job in life})


@given(st.lists(st.tuples(st.integers(0, 10), st.sampled_from(BATCH_STATES[:5])), min_size=2))
def test_progress_any_order_of_hearing_ends_with_the_latest(heard: list[tuple[int, str]]) -> None:
    records = [job_record(state, attempts=[attempt(1)] * ended) for ended, state in heard]
    latest = max(heard, key=lambda one: (one[0], BATCH_STATES.index(one[1])))

    newest = max(records, key=lambda record: record.progress)

    assert (newest.batch_attempts, newest.state) == latest


@given(st.integers(0, 10), st.sampled_from(BATCH_STATES[:5]), st.sampled_from(BATCH_STATES[5:]))
def test_progress_of_an_ended_job_is_above_all(ended: int, state: str, last: str) -> None:
    unended = job_record(state, attempts=[attempt(1)] * ended)

    assert job_record(last).progress > unended.progress


def test_progress_of_both_ends_is_the_same_so_that_neither_replaces_the_other() -> None:
    assert job_record("FAILED").progress == job_record("SUCCEEDED").progress


@pytest.mark.parametrize("attempt", ["\u0663", "1_0", " 1", "+1", "-1", "", "9" * 5000])
def test_job_with_an_attempt_of_other_than_ascii_digits_is_not_ours(attempt: str) -> None:
    assert JobKey.from_parameters({"runId": "r", "step": "align", "attempt": attempt}) is None


@pytest.mark.parametrize("run_id", ["", "r" * 57, "a/b", "\ud800"])
def test_job_of_a_run_id_that_we_give_to_none_is_not_ours(run_id: str) -> None:
    assert JobKey.from_parameters({"runId": run_id, "step": "align", "attempt": "1"}) is None
