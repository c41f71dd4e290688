"""Batch's attempts, as its events list them."""

from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.cost.batch_attempts import Asked, BatchAttempt
from tests.support.builders import LOG_STREAM, job_detail, read_event
from tests.support.cost_builders import NOON, attempt


def test_attempts_of_the_event_of_a_finished_job_report_times_host_and_end() -> None:
    (found,) = BatchAttempt.all_of(read_event("track_job/succeeded.json")["detail"])

    assert (found.number, found.queued_at) == (1, 1748856605000)
    assert (found.started_at, found.stopped_at) == (1748856800000, 1748860400000)
    # 1748856800 - 1748856605 = 195 s in the queue, an hour of work
    assert (found.queue_seconds, found.run_seconds) == (195, 3600)
    assert found.container_instance.endswith("/9b8a7c6d5e4f40318293a4b5c6d7e8f9")
    assert found.exit_code == 0
    assert found.exit_reason == "Essential container in task exited"
    assert found.log_stream == LOG_STREAM


def test_attempts_of_a_job_that_was_tried_again_wait_from_the_end_of_the_one_before() -> None:
    def ended(start: int, stop: int, reason: str) -> dict[str, Any]:
        return {"container": {}, "startedAt": start, "stoppedAt": stop, "statusReason": reason}

    first, second = BatchAttempt.all_of(
        job_detail(
            "FAILED",
            createdAt=1_000_000,
            attempts=[
                ended(1_060_000, 1_100_000, "Host EC2 (instance i-1) terminated."),
                ended(1_130_500, 1_140_500, "Essential container in task exited"),
            ],
        )
    )

    assert (first.queue_seconds, first.run_seconds) == (60, 40)
    assert (second.number, second.queued_at) == (2, 1_100_000)
    assert (second.queue_seconds, second.run_seconds) == (30, 10)  # 30.5 s, of which 30 are whole
    assert first.exit_reason == "Host EC2 (instance i-1) terminated."


def test_attempt_whose_image_was_not_pulled_waited_and_never_ran() -> None:
    (found,) = BatchAttempt.all_of(
        job_detail(
            "FAILED",
            createdAt=1_000_000,
            attempts=[
                {
                    "container": {"reason": "CannotPullContainerError: not found"},
                    "stoppedAt": 1_090_000,
                    "statusReason": "Task failed to start",
                }
            ],
        )
    )

    assert found.started_at is None
    assert (found.queue_seconds, found.run_seconds) == (90, 0)
    assert found.exit_reason == "CannotPullContainerError: not found; Task failed to start"


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(0, 0), (1, 1), (1000, 1), (1001, 2), (3_600_000, 3600)]
)
def test_run_seconds_count_a_second_begun_whole(milliseconds: int, seconds: int) -> None:
    assert attempt(stopped_at=NOON + milliseconds).run_seconds == seconds


def test_times_of_clocks_that_disagree_are_never_negative() -> None:
    found = attempt(queued_at=NOON + 5, started_at=NOON, stopped_at=NOON - 5)

    assert (found.queue_seconds, found.run_seconds) == (0, 0)


def test_asked_is_read_from_the_resource_requirements() -> None:
    assert Asked.from_batch(read_event("track_job/succeeded.json")["detail"]) == Asked(
        Decimal(16), 28672
    )


def test_asked_of_a_job_with_the_older_keys_is_read_from_them() -> None:
    detail = job_detail("RUNNING", container={"vcpus": 4, "memory": 8192})

    assert Asked.from_batch(detail) == Asked(Decimal(4), 8192)
