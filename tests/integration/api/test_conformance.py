"""schemathesis tries the API with what its OpenAPI document allows, and with what it does not.

`make fuzz-api` does so for longer, each time with another seed, which is printed; FUZZ_SEED repeats
one.
The Workflow Execution Service is tried by the standard's own document, too.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.harness.token_issuer import TokenIssuer
from tests.integration.api.wes_shapes import SHAPES
from tests.support.api_client import ApiClient, wait_for
from tests.support.prepared import OTHER_VERSION, VERSION, prepared, put_reference
from tests.support.workflow_world import World, deployed_world

ISSUER = TokenIssuer.create("https://issuer.example/pool", "seqstack")
SECONDS = os.environ.get("FUZZ_SECONDS")
UNTESTED = (
    # a token is opaque, and rules go beyond the schema: some inputs that it allows are refused
    "positive_data_acceptance",
    # API Gateway answers 404 to a method that a path does not have
    "unsupported_method",
    # a DELETE stops a run, which still exists
    "use_after_free",
    "ensure_resource_availability",
)
# The standard names fewer statuses than happen: docs/api.md says where the service departs from it.
JUDGED_BY_THE_STANDARD = (
    "not_a_server_error",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# of https://github.com/ga4gh-discovery/ga4gh-service-info, v1.0.0
_NAMES = ("id", "name", "type", "organization", "version")
SERVICE = {
    "type": "object",
    "required": list(_NAMES),
    "properties": {name: SHAPES["ServiceInfo"]["properties"][name] for name in _NAMES},
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with deployed_world(ISSUER.parameters, token_keys=ISSUER.keys) as world:
        yield world


@pytest.fixture(scope="module")
def runs(world: World) -> list[str]:
    """Two runs that have ended, for most requests to ask about; and a reference of two versions."""
    bucket = world.emulator.outputs["ResultsBucketName"]
    for version in (OTHER_VERSION, VERSION):
        put_reference(world.emulator.client("s3"), prepared(bucket, "GRCh38", version))
    api = ApiClient(world.emulator.outputs["ApiUrl"], token=ISSUER.token("schemathesis"))
    runs = [api.post("/runs", world.sample()).json["runId"] for _ in range(2)]
    for run_id in runs:
        wait_for(api, world, run_id, "SUCCEEDED")
    return runs


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str]) -> str:
    """FUZZ_SEED; by default the same for a short run, and a new one for each long run."""
    found = os.environ.get("FUZZ_SEED") or (str(secrets.randbelow(2**32)) if SECONDS else "1")
    with capsys.disabled():
        print(f"FUZZ_SEED={found}")  # noqa: T201 - what repeats the try
    return found


def fuzz(
    world: World,
    runs: list[str],
    document: Path,
    folder: Path,
    url: str,
    *options: str,
    seconds: int | None,
) -> set[int]:
    """Let schemathesis try the API by a document; the statuses of the function's answers."""
    token = ISSUER.token("schemathesis")
    before = world.emulator.lambda_.invocations("api-dev")
    length = [f"--max-time={seconds}"] if seconds else ["--max-examples=8"]
    root = Path(__file__).parents[3]

    tried = subprocess.run(
        [
            Path(sys.executable).parent / "st",
            "run",
            document,
            f"--url={url}",
            f"--header=Authorization: Bearer {token}",
            "--no-color",
            *length,
            *options,
        ],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(root),
            "SCHEMATHESIS_HOOKS": "tests.support.api_hooks",
            "KNOWN_RUNS": json.dumps(runs),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert tried.returncode == 0, " ".join(options) + tried.stdout + tried.stderr
    calls = world.emulator.lambda_.calls("api-dev")[before:]
    assert not [call for call in calls if call.outcome.failed]
    return {call.outcome.json()["statusCode"] for call in calls}


@pytest.mark.long
def test_api_answers_as_its_document_says_and_never_with_a_server_error(
    world: World, runs: list[str], seed: str, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    statuses = fuzz(
        world,
        runs,
        pytestconfig.rootpath / "docs/openapi.json",
        tmp_path,
        world.emulator.outputs["ApiUrl"],
        f"--seed={seed}",
        "--checks=all",
        f"--exclude-checks={','.join(UNTESTED)}",
        seconds=int(SECONDS) if SECONDS else None,
    )

    assert statuses & {500, 503} == set()
    # it has come to what the operations do, and not only to what they refuse; how far it comes in
    # a limited time, depends on the machine
    assert statuses >= ({200, 422} if SECONDS else {200, 201, 400, 404, 409, 415, 422})


@pytest.mark.long
def test_workflow_execution_service_answers_as_the_standards_own_document_says(
    world: World, runs: list[str], seed: str, tmp_path: Path
) -> None:
    statuses = fuzz(
        world,
        runs,
        standards_document(tmp_path),
        tmp_path,
        world.emulator.outputs["ApiUrl"] + "/ga4gh/wes/v1",
        f"--seed={seed}",
        f"--checks={','.join(JUDGED_BY_THE_STANDARD)}",
        seconds=int(SECONDS) // 2 if SECONDS else None,
    )

    assert statuses & {500, 503} == set()
    assert statuses >= ({200} if SECONDS else {200, 400, 404})


def test_service_has_every_route_of_the_standard_and_no_other(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    standard = json.loads(standards_document(tmp_path).read_text())["paths"]
    ours = json.loads((pytestconfig.rootpath / "docs/openapi.json").read_text())["paths"]
    below = {
        path.removeprefix("/ga4gh/wes/v1"): set(operations)
        for path, operations in ours.items()
        if path.startswith("/ga4gh/wes/v1/")
    }

    assert below == {path: set(operations) for path, operations in standard.items()}


def standards_document(folder: Path) -> Path:
    """GA4GH's document as JSON; what it has from another document is put in its place."""
    path = (
        Path(__file__).parents[2] / "third_party/ga4gh_wes/workflow_execution_service.openapi.yaml"
    )
    document = yaml.safe_load(path.read_text())
    first, *_ = document["components"]["schemas"]["ServiceInfo"]["allOf"]
    assert first["$ref"].endswith("service-info.yaml#/components/schemas/Service")
    first.clear()
    first |= SERVICE
    made = folder / "wes.json"
    made.write_text(json.dumps(document))
    return made
