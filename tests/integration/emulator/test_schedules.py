"""Scheduled rules: they fire only when a test calls them, never by themselves or for an event."""

from datetime import datetime

import pytest

from tests.support.small_stack import SmallStack

RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/echo-hourly-test"


@pytest.mark.parametrize("rule", ["echo-hourly-test", "EchoFunctionHourly"])
def test_rule_fires_by_name_or_logical_id_with_the_scheduled_event(
    stack: SmallStack, rule: str
) -> None:
    (outcome,) = stack.emulator.run_schedule(rule)
    event = outcome.json()["event"]
    datetime.strptime(event.pop("time"), "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007  # its form counts
    assert len(event.pop("id")) == 36
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [RULE_ARN],
        "detail": {},
    }


def test_rule_with_an_input_of_its_own_gives_that(stack: SmallStack) -> None:
    (outcome,) = stack.emulator.run_schedule("EchoFunctionNightly")
    assert outcome.json()["event"] == {"write": "nightly"}
    assert stack.item("nightly", "ECHO") is not None


def test_death_of_a_function_is_in_the_outcome(stack: SmallStack) -> None:
    stack.emulator.faults.crash_before("echo-test", "dynamodb", "PutItem")
    (outcome,) = stack.emulator.run_schedule("EchoFunctionNightly")
    assert outcome.failed
    assert outcome.json()["errorType"] == "Runtime.ExitError"


def test_rule_without_a_schedule_disabled_or_unknown_is_refused(stack: SmallStack) -> None:
    client = stack.emulator.client("events")
    client.put_rule(Name="patterned", EventPattern='{"source": ["test.any"]}')
    client.put_rule(Name="asleep", ScheduleExpression="rate(1 day)", State="DISABLED")
    client.put_rule(Name="elsewhere", ScheduleExpression="rate(1 day)")
    queue = "arn:aws:sqs:us-east-1:123456789012:dead"
    client.put_targets(Rule="elsewhere", Targets=[{"Id": "q", "Arn": queue}])
    for name in ("patterned", "asleep", "elsewhere"):
        with pytest.raises(ValueError, match=name):
            stack.emulator.run_schedule(name)
    with pytest.raises(KeyError):
        stack.emulator.run_schedule("no-such-rule")


def test_events_do_not_fire_scheduled_rules(stack: SmallStack) -> None:
    stack.emulator.run_schedule("echo-hourly-test")  # so that its worker is there
    before = stack.emulator.lambda_.invocations("echo-test")
    stack.run(stack.child, {"mode": "fail"}, name="not-a-schedule")
    stack.clock.settle()
    assert stack.emulator.lambda_.invocations("echo-test") == before
