"""Runs by HTTP: started once, listed in pages, shown, and stopped."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.scripted import Act
from tests.support.api_client import ApiClient, wait_for
from tests.support.workflow_world import World


def test_run_goes_from_start_to_end(world: World, api: ApiClient) -> None:
    document = world.sample()

    started = api.post("/runs", document)
    run_id = started.json["runId"]
    shown_at_once = api.get(started.headers["Location"])
    ended = wait_for(api, world, run_id, "SUCCEEDED")

    assert started.status == 201
    assert (shown_at_once.status, shown_at_once.json["runId"]) == (200, run_id)
    assert ended["sampleId"] == document["sampleId"]
    assert [(step["step"], step["state"], step["attempts"]) for step in ended["steps"]] == [
        (name, "SUCCEEDED", 1) for name in SECONDARY_ANALYSIS.step_names
    ]
    listed = api.get(f"/runs?sample={document['sampleId']}").json
    assert [run["runId"] for run in listed["runs"]] == [run_id]


def test_abort_stops_the_run_and_its_jobs(world: World, api: ApiClient) -> None:
    world.play({"-align-1": [Act.hang()]})
    run_id = api.post("/runs", world.sample()).json["runId"]
    world.eventually([f"{run_id}-align-1"], world.running_jobs)

    stopped = api.delete(f"/runs/{run_id}")
    ended = wait_for(api, world, run_id, "ABORTED")

    assert (stopped.status, stopped.json["state"]) == (202, "ABORTED")
    assert ended["failure"] == {
        "error": "StoppedByUser",
        "cause": "stopped by arn:aws:iam::123456789012:user/local",
    }
    world.eventually([], world.running_jobs)
    again = api.delete(f"/runs/{run_id}")
    assert (again.status, again.json["type"]) == (409, "urn:seqstack:problem:run-has-ended")


def test_unknown_run_is_not_found(api: ApiClient) -> None:
    for answer in (api.get("/runs/unknown"), api.delete("/runs/unknown")):
        assert (answer.status, answer.json["type"]) == (404, "urn:seqstack:problem:run-not-found")


def test_same_key_starts_one_run_also_after_its_end(world: World, api: ApiClient) -> None:
    document, key = world.sample(), uuid.uuid4().hex

    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: api.post("/runs", document, Idempotency_Key=key), range(4))
        )
    run_id = answers[0].json["runId"]
    wait_for(api, world, run_id, "SUCCEEDED")
    late = api.post("/runs", dict(reversed(document.items())), Idempotency_Key=key)

    assert {(each.status, each.json["runId"]) for each in (*answers, late)} == {(201, run_id)}
    assert len(api.get(f"/runs?sample={document['sampleId']}").json["runs"]) == 1


def test_same_key_with_another_input_is_refused_and_starts_nothing(
    world: World, api: ApiClient
) -> None:
    key, other = uuid.uuid4().hex, world.sample()
    api.post("/runs", world.sample(), Idempotency_Key=key)

    answer = api.post("/runs", other, Idempotency_Key=key)

    assert (answer.status, answer.json["errors"][0]["field"]) == (409, "Idempotency-Key")
    assert api.get(f"/runs?sample={other['sampleId']}").json["runs"] == []


def test_same_key_of_another_caller_starts_another_run(world: World, api: ApiClient) -> None:
    document, key = world.sample(), uuid.uuid4().hex
    world.emulator.client("iam").create_user(UserName=key)
    user = world.emulator.client("iam").create_access_key(UserName=key)["AccessKey"]
    other = api.but(access_key=user["AccessKeyId"], secret_key=user["SecretAccessKey"])

    runs = {
        each.post("/runs", document, Idempotency_Key=key).json["runId"] for each in (api, other)
    }

    assert len(runs) == 2


@pytest.mark.parametrize("moment", ["before", "after"])
def test_function_that_dies_while_it_starts_a_run_leaves_one_run_to_the_next_request(
    world: World, api: ApiClient, moment: str
) -> None:
    document, key = world.sample(), uuid.uuid4().hex
    crash = getattr(world.emulator.faults, f"crash_{moment}")
    fault = crash("api-dev", "stepfunctions", "StartExecution")

    died = api.post("/runs", document, Idempotency_Key=key)
    again = api.post("/runs", document, Idempotency_Key=key)
    run_id = again.json["runId"]
    wait_for(api, world, run_id, "SUCCEEDED")

    assert fault.fired == 1
    assert (died.status, died.json) == (500, {"message": "Internal Server Error"})
    assert again.status == 201
    listed = api.get(f"/runs?sample={document['sampleId']}").json["runs"]
    assert [run["runId"] for run in listed] == [run_id]


@pytest.mark.long
def test_throttled_start_is_asked_to_retry(world: World, api: ApiClient) -> None:
    world.emulator.faults.throttle("stepfunctions", "StartExecution", 4, function="api-dev")

    answer = api.post("/runs", world.sample())

    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["type"] == "urn:seqstack:problem:unavailable"


@pytest.mark.long
def test_pages_hold_every_run_once_newest_first(world: World, api: ApiClient) -> None:
    started = [api.post("/runs", world.sample()).json for _ in range(3)]
    for run in started:
        wait_for(api, world, run["runId"], "SUCCEEDED")

    for query in ("", "state=SUCCEEDED&"):
        seen: list[str] = []
        token = ""
        while token is not None:
            page = api.get(f"/runs?{query}limit=2" + (f"&nextToken={token}" if token else "")).json
            seen += [run["runId"] for run in page["runs"]]
            token = page["nextToken"]
        assert len(seen) == len(set(seen))
        newest = sorted(started, key=lambda run: (run["startedAt"], run["runId"]), reverse=True)
        assert seen[:3] == [run["runId"] for run in newest]
