"""schemathesis tries the API with what its OpenAPI document allows, and with what it does not.

`make fuzz-api` does so for longer, each time with another seed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.http_api.tokens import TokenIssuer
from emulator.stack import Emulator
from tests.api_client import ApiClient
from tests.integration.api.waiting import wait_for
from tests.integration.workflow.world import World
from tests.integration.workflow.writing_jobs import WritingJobs

ISSUER = TokenIssuer.create("https://issuer.example/pool", "seqstack")
SECONDS = os.environ.get("FUZZ_SECONDS")
UNTESTED = (
    # a token is opaque, and rules go beyond the schema: some inputs that it allows are refused
    "positive_data_acceptance",
    # API Gateway answers 404 to a method that a path does not have
    "unsupported_method",
)


@pytest.fixture(scope="module")
def world(built: Path) -> Iterator[World]:
    runner = WritingJobs()
    with Emulator(built, ISSUER.parameters, job_runner=runner, token_issuer=ISSUER) as emulator:
        runner.s3 = emulator.client("s3")
        yield World(emulator, runner)


def test_api_answers_as_its_document_says_and_never_with_a_server_error(
    world: World, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    api = ApiClient(world.emulator.outputs["ApiUrl"], token=ISSUER.token("schemathesis"))
    runs = [api.post("/runs", world.sample()).json["runId"] for _ in range(2)]
    for run_id in runs:
        wait_for(api, world, run_id, "SUCCEEDED")
    before = world.emulator.lambda_.invocations("api-dev")
    length = ["--max-time", SECONDS] if SECONDS else ["--max-examples", "8", "--seed", "1"]

    tried = subprocess.run(
        [
            Path(sys.executable).parent / "st",
            "run",
            pytestconfig.rootpath / "docs/openapi.json",
            f"--url={api.url}",
            f"--header=Authorization: Bearer {api.token}",
            "--checks=all",
            f"--exclude-checks={','.join(UNTESTED)}",
            "--no-color",
            *length,
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(pytestconfig.rootpath),
            "SCHEMATHESIS_HOOKS": "tests.api_hooks",
            "KNOWN_RUNS": json.dumps(runs),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert tried.returncode == 0, tried.stdout + tried.stderr
    calls = world.emulator.lambda_.calls("api-dev")[before:]
    assert not [call for call in calls if call.outcome.failed]
    statuses = {call.outcome.json()["statusCode"] for call in calls}
    # it has come to what the operations do, and not only to what they refuse
    assert statuses >= {200, 201, 400, 404, 409, 415, 422}
    assert statuses & {500, 503} == set()
