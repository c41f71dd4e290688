"""EventBridge: rules with Lambda targets are delivered.

moto 5.2.5 stores such rules and raises NotImplementedError when an event matches one. It also lets
a rule with a schedule and no pattern match every event.
"""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule, events_backends
from moto.sqs.models import sqs_backends

from emulator.engine.aws import ACCOUNT_ID, REGION
from emulator.engine.patches import Patches

_ISO = "%Y-%m-%dT%H:%M:%SZ"
Event = dict[str, Any]
LambdaTarget = Callable[[dict[str, Any], Event], None]
"""Takes a rule's target (as in PutTargets) and the event to deliver."""


def install(patches: Patches, to_lambda: LambdaTarget) -> None:
    """Send events for Lambda targets to `to_lambda` until `patches` are restored."""
    original = Rule.send_to_targets

    def send_to_targets(self: Rule, original_event: Any, *transform_input: Any) -> None:
        pattern = self.event_pattern
        scheduled_only = not pattern.get_pattern()
        if self.state != "ENABLED" or scheduled_only or not pattern.matches_event(original_event):
            return
        event = _with_iso_time(original_event)
        rest = copy.copy(self)
        rest.targets = []
        for target in list(self.targets):
            if ":lambda:" in target["Arn"]:
                to_lambda(target, event)
            else:
                rest.targets.append(target)
        if rest.targets:
            original(rest, _with_epoch_time(original_event), *transform_input)

    patches.replace(Rule, "send_to_targets", send_to_targets)


def _with_iso_time(event: Event) -> Event:
    """The envelope as AWS delivers it; moto's PutEvents has an epoch time and one field more."""
    delivered = {key: value for key, value in event.items() if key != "ingestion-time"}
    if not isinstance(delivered["time"], str):
        when = datetime.fromtimestamp(float(delivered["time"]), UTC)
        delivered["time"] = when.strftime(_ISO)
    return delivered


def _with_epoch_time(event: Event) -> Event:
    """The envelope as moto's own targets read it."""
    when = event["time"]
    if isinstance(when, str):
        when = datetime.strptime(when, _ISO).replace(tzinfo=UTC).timestamp()
    return {"ingestion-time": when, **event, "time": when}


def send(event: Event) -> None:
    """Put a service's event on the default bus: every matching rule gets it.

    `event` is a whole envelope (version, id, detail-type, source, account, time, …).
    """
    bus = events_backends[ACCOUNT_ID][REGION].event_buses["default"]
    for rule in list(bus.rules.values()):
        rule.send_to_targets(dict(event))


def find_rule(name: str) -> Rule:
    """A rule of the default bus; raises KeyError when there is none."""
    return events_backends[ACCOUNT_ID][REGION].event_buses["default"].rules[name]


def function_name(target: dict[str, Any]) -> str:
    """The name in a Lambda target's ARN, without version or alias."""
    return str(target["Arn"]).rsplit(":function:", 1)[-1].split(":")[0]


def send_to_queue(queue_arn: str, body: str) -> None:
    """Send a message to an SQS queue, such as a dead-letter queue."""
    name = queue_arn.rsplit(":", 1)[-1]
    sqs_backends[ACCOUNT_ID][REGION].send_message(queue_name=name, message_body=body)
