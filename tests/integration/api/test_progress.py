"""Progress of running jobs by HTTP, from their logs."""

from typing import Any

from seqstack.domain.progress import Counted, Phase, Progress, Unit
from tests.harness.scripted import Act
from tests.support.api_client import ApiClient, wait_for
from tests.support.workflow_world import World


def told(done: int) -> str:
    counted = Counted(Unit.READS, done, 4000, is_estimate=True)
    return f"2026-01-31T12:00:00Z {Progress(Phase.RUN, counted, 10.5, 900).as_message()}"


def jobs_of(api: ApiClient, run_id: str, step: str = "align") -> list[dict[str, Any]]:
    steps = api.get(f"/runs/{run_id}").json["steps"]
    return next((each["jobs"] for each in steps if each["step"] == step), [])


def test_progress_is_the_last_that_the_running_job_has_told_and_ends_with_it(
    world: World, api: ApiClient
) -> None:
    hanging = Act(outcome=None, lines=[told(1000), told(2000), "[bwa] the last line"])
    world.play({"-align-1": [hanging]})
    run_id = api.post("/runs", world.sample()).json["runId"]

    shown = world.until(lambda: [job for job in jobs_of(api, run_id) if job["progress"]])
    (job,) = shown
    world.end("-align-1", Act.succeed().outcome)
    wait_for(api, world, run_id, "SUCCEEDED")

    progress = job["progress"]
    assert progress.pop("at") >= job["startedAt"][:10]
    assert 800 < progress.pop("secondsLeft") <= 900  # less since it was told
    assert progress == {
        "phase": "run",
        "unit": "reads",
        "done": 2000,
        "total": 4000,
        "isEstimate": True,
        "perSecond": 10.5,
    }
    assert [job["progress"] for job in jobs_of(api, run_id)] == [None]


def test_attempt_that_batch_repeats_begins_without_progress(world: World, api: ApiClient) -> None:
    world.play(
        {
            "-align-1": [
                Act(Act.lose_host().outcome, lines=[told(3000)]),
                Act(outcome=None, lines=["started again"]),
            ]
        }
    )
    run_id = api.post("/runs", world.sample()).json["runId"]

    def second() -> list[dict[str, Any]]:
        return [
            job
            for job in jobs_of(api, run_id)
            if job["batchAttempts"] == 1 and job["state"] == "RUNNING"
        ]

    (job,) = world.until(second)
    api.delete(f"/runs/{run_id}")
    wait_for(api, world, run_id, "ABORTED")

    assert job["progress"] is None
