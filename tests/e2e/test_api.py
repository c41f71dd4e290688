"""The demo driven only through the HTTP API, and by a public client of the WES standard."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.evaluation.evaluate import Bounds, RunFiles, evaluate
from demo.exome.generate import DemoExome
from emulator.local_sample import LocalSample
from emulator.staging import INPUTS, stage_reads, stage_reference
from seqstack_api import wes_service
from tests.harness.emulator import Emulator
from tests.support.api_client import ApiClient
from tests.support.signing_proxy import signing_proxy
from tests.support.waiting import until

pytestmark = pytest.mark.long

LIMIT_SECONDS = 1200
OF_OTHERS = {
    "CheckReferenceJobRole",
    "IndexReferenceJobRole",
    "MergeGvcfsJobRole",
    "TabulateVariantsJobRole",
}
"""Roles of jobs that no run of a sample has; test_prepare_reference.py checks the first two."""


@pytest.fixture(scope="module")
def emulator(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    built = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    with Emulator(
        built, {"InputBuckets": f"arn:aws:s3:::{INPUTS.bucket}"}, check_permissions=True
    ) as emulator:
        yield emulator
        check_job_roles(emulator)


def check_job_roles(emulator: Emulator) -> None:
    """Nothing was refused, and the roles of jobs allow next to nothing that no job asked for."""
    permissions = emulator.permissions
    callers = {use.caller.name for use in permissions.uses}
    bucket = f"arn:aws:s3:::{emulator.outputs['ResultsBucketName']}"
    roles = [
        role
        for name, role in emulator.resources.items()
        if name.endswith("JobRole") and name not in OF_OTHERS
    ]
    unused = {idle for role in roles for idle in permissions.unused(role)}
    assert {str(refusal) for refusal in permissions.refused} == set()
    assert callers >= {"bwa-dev", "bcftools-dev", "samtools_stats-dev", "snpeff-dev"}
    assert unused == {
        ("WriteResults", "s3:AbortMultipartUpload"),  # of an upload that fails
        ("WriteResults", "s3:GetObject"),  # of an upload in parts: what some steps write is small
        # of an alignment in parts
        ("WriteResults", f"{bucket}/*/provenance/alignPart*.json"),
        ("RemoveEarlierProvenance", f"{bucket}/*/provenance/alignPart*.json"),
        ("WriteResults", f"{bucket}/*/qc/fastp.json"),  # of trimmed reads
        ("ReadEarlierSteps", f"{bucket}/*/provenance/mergeGvcfs.json"),  # of a joint VCF
        ("ReadEarlierSteps", f"{bucket}/cohorts/*/joint/*"),  # of its report of all samples
        # Strelka's alone
        ("WriteResults", f"{bucket}/*/vcf/stats/*"),
        ("ReadOwnInputs", "s3:GetObject"),  # the demo's lie in a bucket of their own
        ("ReadOwnInputs", f"{bucket}/inputs/*"),
        ("ReadOwnInputs", f"{bucket}/references/*"),
    }


@pytest.fixture
def api(emulator: Emulator) -> ApiClient:
    return ApiClient.of(emulator)


@pytest.fixture(scope="module")
def document(
    emulator: Emulator, indexed_exome: DemoExome, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The small exome, in the emulator's S3, as a run's input."""
    sample = LocalSample(
        sample_id=indexed_exome.spec.sample_id,
        fastq1=indexed_exome.fastq1,
        fastq2=indexed_exome.fastq2,
        reference=indexed_exome.reference,
        annotation=indexed_exome.annotation,
    )
    work = tmp_path_factory.mktemp("staged")
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=INPUTS.bucket)
    return stage_reads(sample, s3, INPUTS, work) | stage_reference(sample, s3, INPUTS).keys


def wait_for_end(api: ApiClient, run_id: str) -> dict[str, Any]:
    get = lambda: dict(api.get(f"/runs/{run_id}").json)  # noqa: E731
    return until(get, lambda run: run["state"] != "RUNNING")


def download(api: ApiClient, run_id: str, results: str, folder: Path) -> None:
    """Fetch every output by its link, into `folder` under its key below `results`."""
    for output in api.get(f"/runs/{run_id}/outputs?links=true").json["outputs"]:
        path = folder / output["s3Uri"].removeprefix(results)
        path.parent.mkdir(parents=True, exist_ok=True)
        with requests.get(output["link"], timeout=1200) as fetched:
            fetched.raise_for_status()
            path.write_bytes(fetched.content)


def test_demo_by_the_api_alone_meets_every_bound(
    api: ApiClient, document: dict[str, Any], exome: DemoExome, tmp_path: Path
) -> None:
    started = api.post("/runs", document, Idempotency_Key="demo").json
    ended = wait_for_end(api, started["runId"])

    assert (ended["state"], ended["failure"]) == ("SUCCEEDED", None)
    assert [step["state"] for step in ended["steps"]] == ["SUCCEEDED"] * 6
    log = api.get(f"/runs/{started['runId']}/logs/align?limit=1000").json
    assert any("bwa mem" in line["message"] for line in log["lines"])
    download(api, started["runId"], f"{ended['resultsS3Path']}{ended['sampleId']}/", tmp_path)
    assert Bounds().missed_by(evaluate(exome, RunFiles.of(tmp_path))) == ()


def test_public_wes_client_runs_a_sample(
    api: ApiClient, document: dict[str, Any], pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    cwl = tmp_path / wes_service.CWL_DOCUMENT
    cwl.write_bytes(wes_service.cwl_document())
    given = tmp_path / "input.json"
    given.write_text(json.dumps(document | {"sampleId": "by-wes", "cache": False}))

    def wes_client(host: str, *arguments: str) -> str:
        ended = subprocess.run(
            [
                pytestconfig.rootpath / ".venv-wes/bin/wes-client",
                f"--host={host}",
                "--proto=http",
                *arguments,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    with signing_proxy(api) as host:
        info = json.loads(wes_client(host, "--info"))
        outputs = json.loads(wes_client(host, cwl.name, given.name))
        listed = json.loads(wes_client(host, "--list"))

    assert info["supported_wes_versions"] == ["1.1.0"]
    measured = ("alignmentStats", "targetMetrics", "aggregateQc")
    assert set(outputs) - {"report"} == {
        "align",
        "callVariants",
        "annotate",
        *measured,
    }  # it comes later
    assert outputs["align"][0]["location"].endswith("/by-wes/bam/sorted.bam")
    newest = listed["runs"][0]
    assert newest["state"] == "COMPLETE"
    assert api.get(f"/runs/{newest['run_id']}").json["sampleId"] == "by-wes"
