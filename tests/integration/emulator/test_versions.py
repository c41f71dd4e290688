"""State machines by version and alias: starting them, and what is said of their executions."""

import pytest
from botocore.exceptions import ClientError

from emulator.engine.moto_adapters.stepfunctions.executions import find
from emulator.engine.moto_adapters.stepfunctions.status_events import status_event
from tests.support.small_stack import SmallStack

GREET = {"mode": "greet"}


def test_deployed_machine_has_a_version_behind_its_alias(stack: SmallStack) -> None:
    alias = stack.states.describe_state_machine_alias(stateMachineAliasArn=f"{stack.child}:live")

    assert alias["routingConfiguration"] == [
        {"stateMachineVersionArn": f"{stack.child}:1", "weight": 100}
    ]
    resources = stack.emulator.resources
    assert resources["ChildStateMachineAliaslive"] == f"{stack.child}:live"
    assert resources["ChildStateMachineVersion"] == f"{stack.child}:1"


def test_execution_started_by_alias_is_of_the_version_behind_it(stack: SmallStack) -> None:
    ended = stack.run(f"{stack.child}:live", GREET, name="by-alias")

    assert ended["status"] == "SUCCEEDED"
    assert ended["executionArn"].endswith(":execution:child-test:by-alias")
    assert ended["stateMachineArn"] == stack.child
    assert ended["stateMachineVersionArn"] == f"{stack.child}:1"
    assert ended["stateMachineAliasArn"] == f"{stack.child}:live"
    detail = status_event(find(ended["executionArn"]))["detail"]
    assert detail["stateMachineArn"] == stack.child
    assert detail["stateMachineVersionArn"] == f"{stack.child}:1"


def test_execution_started_by_version_is_of_no_alias(stack: SmallStack) -> None:
    ended = stack.run(f"{stack.child}:1", GREET)

    assert ended["stateMachineVersionArn"] == f"{stack.child}:1"
    assert "stateMachineAliasArn" not in ended


def test_execution_started_without_either_is_of_no_version(stack: SmallStack) -> None:
    ended = stack.run(stack.child, GREET)

    assert "stateMachineVersionArn" not in ended
    assert "stateMachineAliasArn" not in ended


@pytest.mark.parametrize("qualifier", ["no-such-alias", "7"])
def test_start_by_what_does_not_exist_is_refused(stack: SmallStack, qualifier: str) -> None:
    with pytest.raises(ClientError, match=r"Not ?Exist"):
        stack.start(f"{stack.child}:{qualifier}", GREET)


def test_executions_of_an_alias_are_listed_apart(stack: SmallStack) -> None:
    by_alias = stack.start(f"{stack.child}:live", GREET)
    plain = stack.start(stack.child, GREET)

    def listed(arn: str) -> set[str]:
        answer = stack.states.list_executions(stateMachineArn=arn)
        return {execution["executionArn"] for execution in answer["executions"]}

    assert {by_alias, plain} <= listed(stack.child)
    assert by_alias in listed(f"{stack.child}:live")
    assert plain not in listed(f"{stack.child}:live")
