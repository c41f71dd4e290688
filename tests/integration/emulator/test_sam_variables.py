"""The variables for `sam local --env-vars`, and the address in them."""

import json
from pathlib import Path

import pytest

from emulator.sam_variables import sam_variables
from tests.harness.emulator import Emulator
from tests.support.aws_world import functions
from tests.support.small_stack import TEMPLATE


@pytest.mark.long
def test_variables_are_those_deployed_and_lead_to_the_address_listened_on(
    pytestconfig: pytest.Config,
) -> None:
    built = pytestconfig.rootpath / ".aws-sam/build/template.yaml"
    with Emulator(built, host="127.0.0.2") as emulator:
        variables = sam_variables(emulator)

        assert set(variables) == set(functions().values())
        for function in variables.values():
            assert function["AWS_ENDPOINT_URL"] == emulator.endpoint_url
            assert function["LEDGER_TABLE"] == emulator.outputs["LedgerTableName"]
        # a schedule has the same name as this function
        assert variables["SweepRunsFunction"]["POWERTOOLS_SERVICE_NAME"] == "sweep_runs"
        assert emulator.endpoint_url.startswith("http://127.0.0.2:")
        assert emulator.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_variables_hold_text_only(tmp_path: Path) -> None:
    with Emulator(TEMPLATE) as emulator:
        path = tmp_path / "env.json"
        path.write_text(json.dumps(sam_variables(emulator)))

    written = json.loads(path.read_text())
    assert written["EchoFunction"]["GREETING"] == "hello"
    assert {type(value) for function in written.values() for value in function.values()} == {str}
