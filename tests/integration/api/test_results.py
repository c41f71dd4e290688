"""A run's outputs, links and logs by HTTP; and resuming a run."""

import pytest
import requests

from seqstack.domain.results import ResultLayout
from tests.harness.scripted import Act
from tests.support.api_client import ApiClient, wait_for
from tests.support.workflow_world import World


def stored(world: World, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = world.emulator.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return bytes(body)


def test_links_fetch_outputs_without_credentials(world: World, api: ApiClient) -> None:
    document = world.sample()
    run_id = api.post("/runs", document).json["runId"]
    wait_for(api, world, run_id, "SUCCEEDED")
    layout: ResultLayout = world.layout(document["sampleId"])

    # the report is written a moment after the end
    world.until(lambda: world.ledger.run(run_id).report)
    plain = api.get(f"/runs/{run_id}/outputs").json
    linked = api.get(f"/runs/{run_id}/outputs?links=true").json

    assert {output["s3Uri"] for output in plain["outputs"]} >= {str(layout.bam), str(layout.stats)}
    assert {output["link"] for output in plain["outputs"]} == {None}
    assert [output["s3Uri"] for output in linked["outputs"]] == [
        output["s3Uri"] for output in plain["outputs"]
    ]
    for output in linked["outputs"]:
        name = output["s3Uri"].rpartition("/")[2]
        with requests.get(output["link"], timeout=1200) as fetched:
            assert (fetched.status_code, fetched.content) == (200, stored(world, output["s3Uri"]))
            assert fetched.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_log_can_be_followed_while_the_job_runs_and_read_from_its_start(
    world: World, api: ApiClient
) -> None:
    lines = [f"line {number}" for number in range(5)]
    world.play({"-align-1": [Act(lines=lines)], "-callVariants-1": [Act.hang()]})
    run_id = api.post("/runs", world.sample()).json["runId"]
    world.eventually(True, lambda: any("-callVariants-1" in name for name in world.running_jobs()))

    tail = api.get(f"/runs/{run_id}/logs/align?limit=2").json
    first = api.get(f"/runs/{run_id}/logs/align?fromStart=true&limit=3").json
    then = api.get(
        f"/runs/{run_id}/logs/align?fromStart=true&limit=3&nextToken={first['nextToken']}"
    ).json
    pending = api.get(f"/runs/{run_id}/logs/annotate")
    unknown = api.get(f"/runs/{run_id}/logs/align?attempt=7")
    forged = api.get(f"/runs/{run_id}/logs/align?nextToken=forged")
    api.delete(f"/runs/{run_id}")

    assert [line["message"] for line in tail["lines"]] == lines[-2:]
    assert [line["message"] for line in first["lines"] + then["lines"]] == lines
    assert (tail["attempt"], tail["jobState"]) == (1, "SUCCEEDED")
    assert [(each.status, each.json["type"]) for each in (pending, unknown)] == [
        (404, "urn:seqstack:problem:no-log")
    ] * 2
    assert (forged.status, forged.json["errors"][0]["field"]) == (422, "nextToken")


def test_failed_run_continues_in_a_new_run_that_reuses_what_is_finished(
    world: World, api: ApiClient
) -> None:
    world.play({"-callVariants-1": [Act.fail(1, lines=["no variants"])]})
    document = world.sample()
    failed = api.post("/runs", document).json["runId"]
    ended = wait_for(api, world, failed, "FAILED")
    world.play({})

    answers = [
        api.call("POST", f"/runs/{failed}/resume", headers={"Idempotency-Key": "again"})
        for _ in range(2)
    ]
    resumed = answers[0].json

    assert {(each.status, each.json["runId"]) for each in answers} == {(202, resumed["runId"])}
    assert (resumed["resumedFrom"], resumed["how"]) == (failed, "RESTARTED")
    assert ended["failure"]["error"] == "ToolFailedError"
    assert "no variants" in ended["failure"]["cause"]
    assert wait_for(api, world, resumed["runId"], "SUCCEEDED")["sampleId"] == document["sampleId"]


@pytest.mark.long
def test_aborted_run_is_started_again_where_nothing_can_be_redriven(
    world: World, api: ApiClient
) -> None:
    world.play({"-align-1": [Act.hang()]})
    stopped = api.post("/runs", world.sample()).json["runId"]
    world.eventually([f"{stopped}-align-1"], world.running_jobs)
    going_on = api.call("POST", f"/runs/{stopped}/resume")
    api.delete(f"/runs/{stopped}")
    wait_for(api, world, stopped, "ABORTED")
    world.play({})

    resumed = api.call("POST", f"/runs/{stopped}/resume").json
    done = wait_for(api, world, resumed["runId"], "SUCCEEDED")
    again = api.call("POST", f"/runs/{resumed['runId']}/resume")

    assert (going_on.status, going_on.json["type"]) == (409, "urn:seqstack:problem:run-goes-on")
    assert (resumed["how"], done["runId"] != stopped) == ("RESTARTED", True)
    assert (again.status, again.json["type"]) == (409, "urn:seqstack:problem:run-has-ended")
