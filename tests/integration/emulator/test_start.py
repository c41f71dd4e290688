"""What starts late: imports that most commands or requests do not need, public images, workers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.ec2.models import ec2_backends

from emulator.engine import moto_adapters  # noqa: F401 - its adaptations are for the process
from emulator.engine.aws import ACCOUNT_ID, REGION

REPOSITORY = Path(__file__).resolve().parents[3]
SOURCES = [str(REPOSITORY), str(REPOSITORY / "layers/common"), str(REPOSITORY / "containers")]
API: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "small", "description": "", "version": "1"},
    "paths": {"/": {"get": {"responses": {"200": {"description": "fine"}}}}},
}


def imported_by(code: str) -> set[str]:
    """The modules that a new process has imported after `code`."""
    lines = ("import json, sys", f"sys.path[:0] = {SOURCES}", code)
    code = "\n".join((*lines, "print(json.dumps(list(sys.modules)))"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return set(json.loads(done.stdout))


def test_command_line_says_what_it_does_before_it_imports_the_engine() -> None:
    found = imported_by("import emulator.__main__")
    assert "emulator.screen" in found
    assert (
        not {"moto", "boto3", "samtranslator.translator", "numpy", "emulator.engine.stack"} & found
    )


def test_run_looks_for_mistakes_before_it_imports_the_engine() -> None:
    found = imported_by("import emulator.commands.run, emulator.commands.sheet_run")
    assert "emulator.commands.local_runs" in found
    assert not {"moto", "samtranslator.translator", "emulator.engine.stack"} & found


def test_engine_does_not_import_the_validator_of_openapi_documents() -> None:
    found = imported_by("import emulator.stack")
    assert "moto.apigateway.models" in found
    assert "openapi_spec_validator" not in found


@pytest.mark.parametrize("changes", [{}, {"paths": 5}], ids=["valid", "invalid"])
def test_rest_api_is_validated_as_before(changes: dict[str, Any]) -> None:
    with mock_aws():
        gateway = boto3.client("apigateway", region_name=REGION)
        body = json.dumps(API | changes).encode()
        if not changes:
            assert gateway.import_rest_api(body=body, failOnWarnings=True)["name"] == "small"
            return
        with pytest.raises(ClientError) as caught:
            gateway.import_rest_api(body=body, failOnWarnings=True)
        assert caught.value.response["Error"]["Code"] == "BadRequestException"
        assert not gateway.get_rest_apis()["items"]


def test_public_images_are_those_of_moto_once_someone_looks() -> None:
    moto_alone = (
        "from moto.ec2.models import ec2_backends\n"
        f"print(*ec2_backends['{ACCOUNT_ID}']['{REGION}'].amis)\n"
    )
    printed = subprocess.run([sys.executable, "-c", moto_alone], capture_output=True, check=True)
    plain = set(printed.stdout.decode().split())
    with mock_aws():
        backend = ec2_backends[ACCOUNT_ID][REGION]
        assert not vars(backend)["amis"]
        listed = boto3.client("ec2", region_name=REGION).describe_images()["Images"]
        assert {image["ImageId"] for image in listed} == plain
        backend.reset()
        assert not vars(backend)["amis"]
        assert set(backend.amis) == plain
    assert plain
