"""Scheduled rules: they do not fire by themselves; tests call `fire`."""

from collections.abc import Callable

from emulator.engine.events import service_event, target_input
from emulator.engine.lambda_runtime.invocation import Outcome
from emulator.engine.moto_adapters import events


def fire(rule_name: str, invoke: Callable[[str, bytes], Outcome]) -> list[Outcome]:
    """Invoke the functions that a scheduled rule targets, and wait for each; how each one ended.

    They get the event that EventBridge sends them, or the rule's own input:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html. A
    function that fails is not called again, as Lambda would do. Raises KeyError for an unknown
    rule, ValueError for one that has no schedule, is disabled, or targets something else.
    """
    rule = events.find_rule(rule_name)
    if rule.scheduled_expression is None or rule.state != "ENABLED":
        msg = f"rule {rule_name} has no schedule or is disabled"
        raise ValueError(msg)
    others = [target["Arn"] for target in rule.targets if ":lambda:" not in target["Arn"]]
    if others:
        msg = f"rule {rule_name} targets more than functions: {', '.join(others)}"
        raise ValueError(msg)
    event = service_event("aws.events", "Scheduled Event", [rule.arn], {})
    return [
        invoke(events.function_name(target), target_input(target, event)) for target in rule.targets
    ]
