from collections.abc import Sequence

import pytest

from emulator.engine.batch.job import Job, JobStatus
from emulator.engine.batch.listing import page, select
from emulator.engine.batch.submission import Definition, Queue, Submission

DEFINITION = Definition(
    arn="arn:aws:batch:us-east-1:123456789012:job-definition/bwa-dev:3",
    name="bwa-dev",
    container={"image": "bwa", "vcpus": 1, "memory": 100},
)
QUEUE = Queue("arn:aws:batch:us-east-1:123456789012:job-queue/low", "low", 10, "spot")


def job(number: int, name: str = "job", status: JobStatus = JobStatus.SUCCEEDED) -> Job:
    submission = Submission(name, QUEUE, DEFINITION, "123456789012", "us-east-1")
    made = Job.submitted(submission, f"id-{number}", number, now=1000 + number)
    made.status = status
    return made


def ids(jobs: Sequence[Job]) -> list[str]:
    return [each.job_id for each in jobs]


def test_select_by_status_is_newest_first() -> None:
    jobs = [job(0), job(1, status=JobStatus.FAILED), job(2)]

    assert ids(select(jobs, "SUCCEEDED", None)) == ["id-2", "id-0"]


def test_select_without_status_and_filter_means_running() -> None:
    jobs = [job(0), job(1, status=JobStatus.RUNNING)]

    assert ids(select(jobs, None, None)) == ["id-1"]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("JOB_NAME", "run1-align-1", ["id-0"]),
        ("JOB_NAME", "RUN1-align-1", ["id-0"]),
        ("JOB_NAME", "run1*", ["id-1", "id-0"]),
        ("JOB_NAME", "run", []),
        ("JOB_DEFINITION", "bwa-*", ["id-2", "id-1", "id-0"]),
        ("JOB_DEFINITION", DEFINITION.arn, ["id-2", "id-1", "id-0"]),
        ("JOB_DEFINITION", "bwa", []),
        ("AFTER_CREATED_AT", "1001", ["id-2"]),
        ("BEFORE_CREATED_AT", "1001", ["id-0"]),
    ],
)
def test_select_by_filter_takes_any_status(name: str, value: str, found: list[str]) -> None:
    jobs = [
        job(0, "run1-align-1"),
        job(1, "run1-align-2", JobStatus.FAILED),
        job(2, "run2-align-1", JobStatus.RUNNING),
    ]

    assert ids(select(jobs, "PENDING", [{"name": name, "values": [value]}])) == found


@pytest.mark.parametrize(
    ("status", "filters"),
    [
        ("SLEEPING", None),
        (None, [{"name": "JOB_COLOUR", "values": ["red"]}]),
        (None, [{"name": "JOB_NAME", "values": ["a"]}] * 2),
    ],
)
def test_select_of_what_batch_does_not_know_raises(
    status: str | None, filters: list[dict[str, object]] | None
) -> None:
    with pytest.raises(ValueError, match=r"SLEEPING|JOB_COLOUR|Only one"):
        select([], status, filters)


def test_page_by_page_gives_every_job_once() -> None:
    jobs = [job(number) for number in (4, 3, 2, 1, 0)]

    first, token = page(jobs, 2, None)
    second, token = page(jobs, 2, token)
    third, end = page(jobs, 2, token)

    assert [ids(first), ids(second), ids(third)] == [["id-4", "id-3"], ["id-2", "id-1"], ["id-0"]]
    assert end is None


def test_page_after_the_last_job_seen_has_left_continues() -> None:
    _first, token = page([job(number) for number in (4, 3, 2, 1, 0)], 2, None)

    rest, _end = page([job(number) for number in (5, 4, 2, 0)], 2, token)

    assert ids(rest) == ["id-2", "id-0"]


def test_page_has_at_most_a_hundred() -> None:
    jobs = [job(number) for number in range(120, 0, -1)]

    assert len(page(jobs, None, None)[0]) == 100
    assert len(page(jobs, 1000, None)[0]) == 100
