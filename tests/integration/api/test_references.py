"""References through the API: prepared, listed, shown, used and deleted."""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from tests.harness.scripted import Act
from tests.support.api_client import ApiClient, wait_for
from tests.support.prepared import OTHER_VERSION, VERSION, prepared, put_reference
from tests.support.samples import INPUTS
from tests.support.workflow_world import World

FASTA = {"referenceS3Path": f"s3://{INPUTS}/ref.fa"}


def by_name(world: World, name: str) -> dict[str, Any]:
    """An input without what comes with a reference."""
    document = world.sample(reference=name)
    del document["referenceS3Path"], document["annotationS3Path"]
    return document


def test_reference_is_prepared_once_for_its_key_and_then_used_and_deleted(
    world: World, api: ApiClient
) -> None:
    document = {"name": "whole", **FASTA}

    started = api.post("/references", document, Idempotency_Key="plate")
    again = api.post("/runs?workflow=prepare_reference", document, Idempotency_Key="plate")
    other = api.post("/references", document | {"name": "other"}, Idempotency_Key="plate")

    assert (started.status, again.json["runId"]) == (201, started.json["runId"])
    assert started.headers["Location"] == f"/runs/{started.json['runId']}"
    assert other.status == 409
    made = wait_for(api, world, started.json["runId"], "SUCCEEDED")
    assert (made["workflow"], made["sampleId"]) == ("prepare_reference", None)
    shown = api.get("/references/whole").json
    assert made["subject"] == f"whole/{shown['version']}"
    assert (shown["contigCount"], shown["bases"], shown["aligners"]) == (1, 1000, ["bwa"])
    assert api.get(f"/references/whole/{shown['version']}").json == shown
    listed = {each["name"]: each for each in api.get("/references").json["references"]}
    assert [each["version"] for each in listed["whole"]["versions"]] == [shown["version"]]

    # the report is written a moment after the end
    world.until(lambda: world.ledger.run(made["runId"]).report)
    deleted = api.delete(f"/references/whole/{shown['version']}")

    folder = {"Bucket": world.emulator.outputs["ResultsBucketName"], "Prefix": "references/whole/"}
    assert (deleted.status, deleted.json["name"]) == (200, "whole")
    assert deleted.json["objects"] > 10
    assert world.emulator.client("s3").list_objects_v2(**folder).get("Contents", []) == []
    assert api.delete(f"/references/whole/{shown['version']}").status == 404
    assert api.get("/references/whole").status == 404
    assert "whole" not in api.get("/references").text


def test_older_version_that_is_prepared_again_is_the_one_that_runs_read(
    world: World, api: ApiClient
) -> None:
    """Otherwise a run by the name alone would read what was prepared of other files between."""
    s3, bucket = world.emulator.client("s3"), world.emulator.outputs["ResultsBucketName"]

    def prepare() -> str:
        run_id = api.post("/references", {"name": "moved", **FASTA}).json["runId"]
        return str(wait_for(api, world, run_id, "SUCCEEDED")["subject"])

    def newest() -> str:
        return f"moved/{api.get('/references/moved').json['version']}"

    def changed_at(key: str) -> datetime:
        found: datetime = s3.head_object(Bucket=bucket, Key=key)["LastModified"]
        return found

    def later_than(key: str) -> bool:
        """S3's times have whole seconds."""
        s3.put_object(Bucket=bucket, Key="references/now", Body=b"")
        return changed_at("references/now") > changed_at(key)

    first = prepare()
    assert world.until(lambda: later_than(f"references/{first}/manifest.json"))
    put_reference(s3, prepared(bucket, "moved", OTHER_VERSION))
    between = newest()
    assert world.until(lambda: later_than(f"references/moved/{OTHER_VERSION}/manifest.json"))
    again = prepare()

    assert between == f"moved/{OTHER_VERSION}"
    assert again == newest() == first


def test_reference_that_a_run_reads_is_not_deleted(world: World, api: ApiClient) -> None:
    bucket = world.emulator.outputs["ResultsBucketName"]
    for version in (VERSION, OTHER_VERSION):
        put_reference(world.emulator.client("s3"), prepared(bucket, "used", version))
    world.play({"-align-1": [Act.hang()]})
    run_id = api.post("/runs", by_name(world, f"used/{VERSION}")).json["runId"]
    world.eventually(True, lambda: f"{run_id}-align-1" in world.running_jobs())

    refused = api.delete(f"/references/used/{VERSION}")
    other = api.delete(f"/references/used/{OTHER_VERSION}")

    assert (refused.status, refused.json["type"]) == (409, "urn:seqstack:problem:reference-in-use")
    assert f"run {run_id} reads it" in refused.json["detail"]
    assert api.get(f"/runs/{run_id}").json["reference"] == f"used/{VERSION}"
    assert other.status == 200
    assert api.delete(f"/runs/{run_id}").status == 202
    world.eventually(200, lambda: api.delete(f"/references/used/{VERSION}").status)


def test_reference_that_is_being_prepared_is_not_deleted(world: World, api: ApiClient) -> None:
    world.play({"-indexBwa-1": [Act.hang()]})
    run_id = api.post("/references", {"name": "half", **FASTA}).json["runId"]
    world.eventually(True, lambda: f"{run_id}-indexBwa-1" in world.running_jobs())
    path = f"/references/{api.get(f'/runs/{run_id}').json['subject']}"

    refused = api.delete(path)

    assert refused.status == 409
    assert f"run {run_id} prepares it" in refused.json["detail"]
    assert api.get(path).status == 404  # it is not whole
    assert api.delete(f"/runs/{run_id}").status == 202
    # what the preparation has left, goes
    world.eventually(200, lambda: api.delete(path).status)


def test_input_of_a_preparation_that_can_not_be_used_is_refused_by_field(api: ApiClient) -> None:
    document = {"name": "a b", **FASTA, "targets": "s3://a/b", "aligners": ["star"]}

    refused = api.post("/references", document)

    assert refused.status == 422
    fields = {re.sub(r"\W.*", "", each["field"][2:]) for each in refused.json["errors"]}
    assert fields == {"name", "targets", "aligners"}


@pytest.mark.parametrize(
    "name", ["absent", "..", "a%2Fb", "-a", "x" * 65, f"absent/{VERSION}", "absent/1"]
)
def test_name_of_no_reference_is_not_found(api: ApiClient, name: str) -> None:
    assert api.get(f"/references/{name}").status == 404
    assert api.delete(f"/references/absent/{name.partition('/')[2] or 'x'}").status == 404


def test_manifest_that_no_version_writes_is_told_and_listed(world: World, api: ApiClient) -> None:
    s3, bucket = world.emulator.client("s3"), world.emulator.outputs["ResultsBucketName"]
    manifest = prepared(bucket, "newer")
    layout = put_reference(s3, manifest)
    newer = json.dumps(manifest.as_json() | {"schemaVersion": 2}).encode()
    s3.put_object(Bucket=bucket, Key=layout.manifest.key, Body=newer)

    listed = {each["name"]: each for each in api.get("/references").json["references"]}

    (version,) = listed["newer"]["versions"]
    assert version["bases"] is None
    assert "prepare the reference again" in version["problem"]
    assert api.get("/references/newer").status == 409
    assert api.delete(f"/references/newer/{VERSION}").status == 200
