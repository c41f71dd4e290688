"""Cohorts through the API: started, shown, stopped and resumed."""

from typing import Any

import pytest

from seqstack.domain.words import CohortState
from tests.harness.scripted import Act
from tests.support.api_client import ApiClient
from tests.support.cohorts import Cohort
from tests.support.workflow_world import World


def shown(api: ApiClient, started: dict[str, Any]) -> dict[str, Any]:
    path = f"/cohorts/{started['cohortId']}?execution={started['execution']}"
    found: dict[str, Any] = api.get(path).json
    return found


def ended(world: World, api: ApiClient, started: dict[str, Any]) -> dict[str, Any]:
    """The cohort, once this execution has ended."""
    world.eventually(True, lambda: shown(api, started)["state"] != "RUNNING")
    return shown(api, started)


def test_cohort_is_started_once_for_its_key_and_shown(world: World, api: ApiClient) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), cohort.row("b")])

    started = api.post("/cohorts", cohort.document(), Idempotency_Key="plate-7")
    again = api.post("/cohorts", cohort.document(), Idempotency_Key="plate-7")

    assert (started.status, again.json["execution"]) == (201, started.json["execution"])
    at_once = api.get(started.headers["Location"])
    assert (at_once.status, at_once.json["execution"]) == (200, started.json["execution"])
    found = ended(world, api, started.json)
    assert (found["state"], found["samples"]) == ("SUCCEEDED", {"SUCCEEDED": 2})
    assert (found["plan"]["samples"], found["plan"]["new"], found["failure"]) == (2, 2, None)
    assert api.get(f"/cohorts/{cohort.cohort_id}").json["execution"] == found["execution"]
    world.eventually(CohortState.SUCCEEDED, lambda: cohort.record.state)
    (newest,) = api.get("/cohorts?limit=1").json["cohorts"]
    assert newest == {name: found[name] for name in newest}
    listed = api.get(f"/runs?cohort={cohort.cohort_id}").json["runs"]
    assert sorted(run["sampleId"] for run in listed) == ["a", "b"]


def test_dry_run_shows_a_plan_and_starts_nothing(world: World, api: ApiClient) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])

    document = cohort.document(dryRun=True)
    shared = {**document["run"], "project": "without-runs"}
    started = api.post("/cohorts", {**document, "run": shared})
    found = ended(world, api, started.json)

    assert (found["state"], found["isDryRun"], found["samples"]) == ("SUCCEEDED", True, {})
    assert (found["plan"]["left"], found["plan"]["estimate"]) == (1, None)
    assert api.get(f"/runs?cohort={cohort.cohort_id}").json["runs"] == []
    listed = api.get("/cohorts?limit=100").json["cohorts"]
    assert cohort.cohort_id not in [each["cohortId"] for each in listed]


def test_faults_of_a_sheet_are_the_cohorts_failure(world: World, api: ApiClient) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), "b,b,1,none_1.fastq.gz,none_2.fastq.gz,b7"])

    found = ended(world, api, api.post("/cohorts", cohort.document()).json)

    assert (found["state"], found["plan"]) == ("FAILED", None)
    assert found["failure"]["error"] == "InvalidCohortError"
    assert found["failure"]["cause"].count("line 3: ") == 2


def test_invalid_input_is_refused_at_once(world: World, api: ApiClient) -> None:
    cohort = Cohort(world)

    refused = api.post("/cohorts", cohort.document(maxConcurrency=0, threads=4))

    assert refused.status == 422
    assert [each["field"] for each in refused.json["errors"]] == ["$.maxConcurrency", "$.threads"]


@pytest.mark.long
def test_cohort_is_stopped_once_and_resumed(world: World, api: ApiClient) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a"), cohort.row("b")])
    run_id = cohort.plan()["b"]["runId"]
    world.play({f"{run_id}-align-1": [Act.hang()]})
    started = api.post("/cohorts", cohort.document()).json
    world.eventually({"a": ["SUCCEEDED"], "b": ["RUNNING"]}, cohort.states)
    world.eventually(True, lambda: f"{run_id}-align-1" in world.running_jobs())
    path = f"/cohorts/{cohort.cohort_id}"
    assert api.post("/cohorts", cohort.document()).status == 409
    assert api.call("POST", f"{path}/resume").status == 409

    assert api.delete(path).status == 202
    found = ended(world, api, started)
    world.eventually("ABORTED", lambda: api.get(path).json["state"])
    world.eventually({"SUCCEEDED": 1, "ABORTED": 1}, lambda: api.get(path).json["samples"])
    assert found["state"] == "ABORTED"
    assert api.delete(path).status == 409
    assert api.get(path).json["failure"]["error"] == "StoppedByUser"

    world.play({})
    resumed = api.call("POST", f"{path}/resume")
    assert resumed.status == 202
    found = ended(world, api, resumed.json)
    assert (found["state"], found["samples"]) == ("SUCCEEDED", {"SUCCEEDED": 2})
    assert (found["plan"]["done"], found["plan"]["again"]) == (1, 1)


def test_unknown_cohorts_and_executions_are_not_found(world: World, api: ApiClient) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    started = api.post("/cohorts", cohort.document(dryRun=True)).json

    for path in (
        "/cohorts/none",
        f"/cohorts/none?execution={started['execution']}",
        f"/cohorts/{cohort.cohort_id}?execution=none",
    ):
        assert api.get(path).status == 404
    assert api.delete("/cohorts/none").status == 404
    assert api.call("POST", "/cohorts/none/resume").status == 404
    ended(world, api, started)


def test_cohort_whose_end_was_not_reported_is_shown_as_ended_and_starts_again(
    world: World, api: ApiClient
) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row("a")])
    world.emulator.events.intercept = lambda _event: []
    try:
        arn = cohort.start(run={"referenceS3Path": "s3://inputs/none.fa", "bcftools": {}})
        assert world.wait(arn).execution["status"] == "FAILED"
    finally:
        world.emulator.events.intercept = lambda event: [event]
    assert cohort.record.state is CohortState.RUNNING

    found = api.get(f"/cohorts/{cohort.cohort_id}").json
    started = api.post("/cohorts", cohort.document())

    assert (found["state"], found["failure"]["error"]) == ("FAILED", "InvalidCohortError")
    assert started.status == 201
    assert ended(world, api, started.json)["state"] == "SUCCEEDED"


@pytest.mark.long
def test_budget_is_told_and_resume_changes_it(world: World, api: ApiClient) -> None:
    cohort = Cohort(world)
    cohort.write([cohort.row(name) for name in "abc"])
    path = f"/cohorts/{cohort.cohort_id}"
    started = api.post("/cohorts", cohort.document(budgetUsd=0.000001, maxConcurrency=1)).json

    assert ended(world, api, started)["failure"]["error"] == "BudgetMet"
    world.eventually(CohortState.FAILED, lambda: cohort.record.state)

    found = api.get(path).json
    left = found["notStarted"]
    assert 0 < left < 3
    assert found["samples"] == {"SUCCEEDED": 3 - left}
    assert found["failure"]["cause"].startswith("the budget of 0.000001 USD is met, and ")
    assert found["budgetUsd"] == 0.000001
    assert found["budgetMetAt"] > found["startedAt"]
    assert found["costUsd"] > 0.000001
    for body, field in (({"budgetUsd": 0}, "$.budgetUsd"), ({"project": "x"}, "$.project")):
        refused = api.post(f"{path}/resume", body)
        assert (refused.status, refused.json["errors"][0]["field"]) == (422, field)
    assert api.post(f"{path}/resume", [1]).status == 422

    resumed = api.post(f"{path}/resume", {"budgetUsd": 100})
    assert resumed.status == 202
    found = ended(world, api, resumed.json)
    assert (found["state"], found["samples"], found["notStarted"]) == (
        "SUCCEEDED",
        {"SUCCEEDED": 3},
        0,
    )
    assert (found["budgetUsd"], found["budgetMetAt"]) == (100, None)
    assert found["plan"]["spentUsd"] > 0.000001
