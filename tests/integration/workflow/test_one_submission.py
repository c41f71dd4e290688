"""submit_job dies at every point between its calls, and is retried: one job is submitted."""

import pytest

from tests.support.workflow_world import World

pytestmark = pytest.mark.long

# what submit_job asks of AWS for the first try of a step, in order
CALLS = [
    ("dynamodb", "GetItem", 0),  # the step's plan
    ("dynamodb", "PutItem", 0),  # the row with the token
    ("dynamodb", "UpdateItem", 0),  # the step runs
    ("dynamodb", "GetItem", 1),  # the run is still running
    ("batch", "SubmitJob", 0),
    ("dynamodb", "UpdateItem", 1),  # submitted
    ("dynamodb", "UpdateItem", 2),  # the job's id
]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("service", "operation", "skip"), CALLS)
def test_submit_job_killed_at_a_call_submits_one_job(
    world: World, service: str, operation: str, skip: int, moment: str
) -> None:
    faults = world.emulator.faults
    crash = faults.crash_before if moment == "before" else faults.crash_after
    fault = crash("submit_job-dev", service, operation, skip=skip)

    ended = world.run_aligned()

    assert fault.fired == 1
    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.states[:2] == ["NumberAttempt", "SubmitJob"]
    assert world.jobs_of(ended) == [f"{ended.run_id}-align-1"]
    assert world.ledger.history(ended.run_id).jobs[0].job_id
