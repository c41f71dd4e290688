"""The small stack, as it stands after deployment."""

from tests.support.small_stack import SmallStack


def test_outputs_of_a_state_machine_are_its_arn_by_reference_and_attribute(
    stack: SmallStack,
) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:parent-test"
    assert stack.emulator.outputs["ParentArn"] == arn
    assert stack.emulator.outputs["ParentArnByAttribute"] == arn
    assert stack.emulator.resources["ParentStateMachine"] == arn


def test_definition_substitutions_are_filled_in_with_arns_and_numbers(stack: SmallStack) -> None:
    definition = stack.states.describe_state_machine(stateMachineArn=stack.child)["definition"]
    assert "arn:aws:lambda:us-east-1:123456789012:function:echo-test" in definition
    assert '"TimeoutSeconds": 2' in definition
    assert "${" not in definition
