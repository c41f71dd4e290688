"""`seqstack delete`: only what a run has written itself, by version."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.aws import Aws
from cli.errors import ExitCode
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack

OTHER = "20260103-030405-aaaaaaaa"
VARIANTS, BAM, STATS = (f"results/NA12878/{name}" for name in ("v.vcf.gz", "b.bam", "s.dat"))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.resource("s3")
        bucket = s3.create_bucket(Bucket="results")
        bucket.Versioning().enable()
        yield bucket


def put(bucket: Any, key: str) -> str:
    version: str = bucket.put_object(Key=key, Body=key.encode()).version_id
    return version


def versions(bucket: Any) -> set[tuple[str, str]]:
    return {(each.object_key, each.id) for each in bucket.object_versions.all()}


def output(key: str, version: str | None, state: str = "current") -> dict[str, Any]:
    uri = f"s3://results/{key}"
    return {"step": "x", "s3Uri": uri, "versionId": version, "state": state, "link": None}


def listed(*outputs: dict[str, Any], run: str = RUN_ID) -> dict[str, Any]:
    return {"runId": run, "outputs": list(outputs), "linksExpireAt": None}


@pytest.fixture
def ended(api: ScriptedApi) -> ScriptedApi:
    """A run that has ended, alone in its folder."""
    api.on(f"GET /runs/{RUN_ID}", runs.succeeded())
    api.on("GET /runs", {"runs": [runs.summary(runId=RUN_ID)], "nextToken": None})
    return api


def test_versions_of_the_run_are_deleted_and_no_others(
    ended: ScriptedApi, seqstack: SeqStack, bucket: Any
) -> None:
    earlier, own, replaced = put(bucket, VARIANTS), put(bucket, VARIANTS), put(bucket, BAM)
    later = put(bucket, BAM)
    ended.on(
        f"GET /runs/{RUN_ID}/outputs",
        listed(
            output(VARIANTS, own),
            output(BAM, replaced, "replaced"),
            output(STATS, "lost", "gone"),
            output(STATS, None, "unknown"),
        ),
    )

    done = seqstack("delete", RUN_ID, stdin="y\n")

    assert done.exit_code == ExitCode.OK, done.output
    assert versions(bucket) == {(VARIANTS, earlier), (BAM, later)}
    assert "Objects in s3://results/results/NA12878/, by version:" in done.stdout
    assert f"  v.vcf.gz  {own}" in done.stdout
    assert "Deleted 2 objects" in done.stderr


@pytest.mark.parametrize(
    ("options", "typed", "code"),
    [
        ((), "n\n", ExitCode.INTERRUPTED),
        ((), "", ExitCode.INTERRUPTED),
        (("--dry-run",), None, ExitCode.OK),
        (("--dry-run", "--yes"), None, ExitCode.OK),
    ],
)
def test_nothing_is_deleted_without_consent(
    ended: ScriptedApi,
    seqstack: SeqStack,
    bucket: Any,
    options: tuple[str, ...],
    typed: str | None,
    code: ExitCode,
) -> None:
    own = put(bucket, VARIANTS)
    ended.on(f"GET /runs/{RUN_ID}/outputs", listed(output(VARIANTS, own)))

    done = seqstack("delete", RUN_ID, *options, stdin=typed)

    assert done.exit_code == code
    assert versions(bucket) == {(VARIANTS, own)}
    assert own in done.stdout


def test_run_that_prepares_a_reference_is_refused_and_its_own_command_named(
    api: ScriptedApi, seqstack: SeqStack, bucket: Any
) -> None:
    own = put(bucket, "references/GRCh38/abc/genome.fa")
    of_reference = {"workflow": "prepare_reference", "sampleId": None, "subject": "GRCh38/abc"}
    api.on(f"GET /runs/{RUN_ID}", runs.succeeded() | of_reference)
    outputs = listed(output("references/GRCh38/abc/genome.fa", own))
    api.on(f"GET /runs/{RUN_ID}/outputs", outputs)

    done = seqstack("delete", RUN_ID, "--yes")

    assert done.exit_code == ExitCode.USAGE
    assert "`seqstack reference delete GRCh38/abc` deletes it as a whole" in done.stderr
    assert versions(bucket) == {("references/GRCh38/abc/genome.fa", own)}


def test_what_another_run_of_the_sample_uses_is_kept(
    api: ScriptedApi, seqstack: SeqStack, bucket: Any
) -> None:
    shared, own = put(bucket, BAM), put(bucket, VARIANTS)
    api.on(f"GET /runs/{RUN_ID}", runs.succeeded())
    elsewhere = runs.summary(runId="elsewhere", resultsS3Path="s3://results/other/")
    others = [runs.summary(runId=OTHER), runs.summary(runId=RUN_ID), elsewhere]
    api.on("GET /runs", {"runs": others, "nextToken": None})
    api.on(f"GET /runs/{RUN_ID}/outputs", listed(output(BAM, shared), output(VARIANTS, own)))
    api.on(f"GET /runs/{OTHER}/outputs", listed(output(BAM, shared), run=OTHER))

    done = seqstack("--json", "delete", RUN_ID, "--yes")

    assert done.exit_code == ExitCode.OK, done.output
    assert versions(bucket) == {(BAM, shared)}
    answer = json.loads(done.stdout)
    assert answer["deleted"] == [{"s3Uri": f"s3://results/{VARIANTS}", "versionId": own}]
    assert answer["kept"][0]["usedBy"] == OTHER
    assert {asked.query.get("sample") for asked in api.asked if asked.operation == "GET /runs"} == {
        "NA12878"
    }


def test_what_another_joint_run_of_the_cohort_uses_is_kept(
    api: ScriptedApi, seqstack: SeqStack, bucket: Any
) -> None:
    joint = {"sampleId": None, "cohortId": "trio", "resultsS3Path": "s3://results/trio/joint/"}
    shared, own = put(bucket, VARIANTS), put(bucket, BAM)
    api.on(f"GET /runs/{RUN_ID}", runs.succeeded() | joint)
    others = [runs.summary(runId=RUN_ID) | joint, runs.summary(runId=OTHER) | joint]
    api.on("GET /runs", {"runs": [*others, runs.summary(runId="sample")], "nextToken": None})
    api.on(f"GET /runs/{RUN_ID}/outputs", listed(output(VARIANTS, shared), output(BAM, own)))
    api.on(f"GET /runs/{OTHER}/outputs", listed(output(VARIANTS, shared), run=OTHER))

    answer = json.loads(seqstack("delete", RUN_ID, "--yes", "--json").stdout)

    assert versions(bucket) == {(VARIANTS, shared)}
    assert answer["kept"][0]["usedBy"] == OTHER
    asked = [each.query for each in api.asked if each.operation == "GET /runs"]
    assert [query["cohort"] for query in asked] == ["trio"]


def test_what_all_runs_use_is_deleted_if_the_user_says_so(
    ended: ScriptedApi, seqstack: SeqStack, bucket: Any
) -> None:
    ended.on(f"GET /runs/{RUN_ID}/outputs", listed(output(BAM, put(bucket, BAM))))
    done = seqstack("delete", RUN_ID, "--yes", "--shared")
    assert done.exit_code == ExitCode.OK, done.output
    assert versions(bucket) == set()
    assert "GET /runs" not in ended.operations


def test_run_that_is_running_is_refused(api: ScriptedApi, seqstack: SeqStack, bucket: Any) -> None:
    api.on(f"GET /runs/{RUN_ID}", runs.detail())
    done = seqstack("delete", RUN_ID, "--yes")
    assert done.exit_code == ExitCode.CONFLICT
    assert f"`seqstack stop {RUN_ID}` first" in done.stderr


def test_refusal_of_s3_is_no_success(
    ended: ScriptedApi, seqstack: SeqStack, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = put(bucket, VARIANTS)
    ended.on(f"GET /runs/{RUN_ID}/outputs", listed(output(VARIANTS, own)))
    refusal = {
        "Key": VARIANTS,
        "VersionId": own,
        "Code": "AccessDenied",
        "Message": "Access Denied",
    }

    client = Aws.client

    def refusing(self: Aws, service: str, region: str = "") -> Any:
        made = client(self, service, region)
        made.delete_objects = lambda **_: {"Errors": [refusal]}
        return made

    monkeypatch.setattr(Aws, "client", refusing)
    done = seqstack("delete", RUN_ID, "--yes")
    assert done.exit_code == ExitCode.NO_ACCESS
    assert "S3 did not delete 1 objects: Access Denied" in done.stderr
