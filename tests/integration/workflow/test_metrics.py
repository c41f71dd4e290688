"""Every metric on the dashboard and in an alarm is published.

AWS's are listed here, by the page that names them. The stack's own are read from the logs of its
functions, after runs in which everything happens that is counted.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.engine.batch.blocking import BlockReason
from seqstack.adapters.metrics import Metric
from tests.harness.scripted import Act
from tests.harness.standing_clock import StandingClock
from tests.support.workflow_world import World, deployed_world

pytestmark = pytest.mark.long

CAPACITY = BlockReason.INSUFFICIENT_INSTANCE_CAPACITY

type Published = tuple[str, str, frozenset[str]]  # namespace, metric, dimensions

# namespace: (metrics, dimensions), with their source
AWS: dict[str, list[tuple[set[str], set[str]]]] = {
    # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    "AWS/States": [
        (
            {
                "ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsAborted",
                "ExecutionsTimedOut", "ExecutionTime", "ExecutionThrottled",
            },
            {"StateMachineArn"},
        )
    ],
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html: by function, and
    # without a dimension of all functions of a region
    "AWS/Lambda": [
        ({"Errors", "Duration", "Throttles"}, {"FunctionName"}),
        ({"Errors", "Throttles", "ConcurrentExecutions"}, set()),
    ],
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "AWS/SQS": [({"ApproximateNumberOfMessagesVisible"}, {"QueueName"})],
    # https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
    "AWS/SNS": [({"NumberOfNotificationsFailed"}, {"TopicName"})],
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    "AWS/DynamoDB": [({"ReadThrottleEvents", "WriteThrottleEvents"}, {"TableName"})],
}  # fmt: skip
_SEARCH = re.compile(r"SEARCH\('\{(?P<schema>[^}]+)\} MetricName=\"(?P<name>\w+)\"")


def published_by_aws() -> set[Published]:
    return {
        (namespace, name, frozenset(dimensions))
        for namespace, groups in AWS.items()
        for names, dimensions in groups
        for name in names
    }


def widgets(world: World) -> list[dict[str, Any]]:
    cloudwatch = world.emulator.client("cloudwatch")
    name = world.emulator.outputs["DashboardName"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    return list(body["widgets"])


def alarms(world: World) -> list[dict[str, Any]]:
    return list(world.emulator.client("cloudwatch").describe_alarms()["MetricAlarms"])


def shown(world: World) -> Iterator[tuple[Published, dict[str, str]]]:
    """The metrics of the dashboard: what each is, and the values of its dimensions."""
    for widget in widgets(world):
        for metric in widget["properties"].get("metrics", []):
            if isinstance(metric[0], dict):
                found = _SEARCH.search(metric[0]["expression"])
                assert found, metric
                namespace, *dimensions = found["schema"].split(",")
                yield (namespace, found["name"], frozenset(dimensions)), {}
            else:
                namespace, name, *rest = [part for part in metric if isinstance(part, str)]
                values = dict(zip(rest[::2], rest[1::2], strict=True))
                yield (namespace, name, frozenset(values)), values


def watched(world: World) -> Iterator[tuple[Published, dict[str, str]]]:
    """The metrics of the alarms."""
    for alarm in alarms(world):
        queries = [
            query["MetricStat"] for query in alarm.get("Metrics", []) if "MetricStat" in query
        ]
        for metric in [query["Metric"] for query in queries] or [alarm]:
            dimensions = metric.get("Dimensions", [])
            values = {dimension["Name"]: dimension["Value"] for dimension in dimensions}
            yield (metric["Namespace"], metric["MetricName"], frozenset(values)), values


def logged(world: World) -> Iterator[tuple[Published, dict[str, str]]]:
    """The metrics in the logs of every function, as CloudWatch would take them from there."""
    for message in world.logged("/aws/lambda/"):
        if '"_aws"' not in message:
            continue
        record = json.loads(message)
        for directive in record["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                for metric in directive["Metrics"]:
                    published = directive["Namespace"], metric["Name"], frozenset(names)
                    yield published, {name: record[name] for name in names}


@pytest.fixture(scope="module")
def deployed(alone: None) -> Iterator[World]:
    with deployed_world(clock=StandingClock()) as world:
        yield world


@pytest.fixture(scope="module")
def own(deployed: World) -> dict[Published, list[dict[str, str]]]:
    """What the stack publishes itself, after everything has happened that it counts."""
    world = deployed
    world.play(
        {
            "fails-align-1": [Act.fail(65)],
            "larger-align-1": [Act.run_out_of_memory()],
            "reclaimed-align-1": [Act.lose_host(), Act.succeed()],
            "lost-align-1": [Act.hang()],
            "endless-align-1": [Act.hang()],
        }
    )
    sample = world.sample()
    first = {"succeeds": world.start(sample, name="succeeds")}
    for name in ("lost", "endless"):
        first[name] = world.start({**world.sample(), "cache": False}, name=name)
    assert world.wait(first["succeeds"]).execution["status"] == "SUCCEEDED"
    later = [world.start(sample, name="again"), world.start({**sample, "threads": 8}, name="wrong")]
    for name in ("fails", "larger", "reclaimed"):
        later.append(world.start({**world.sample(), "cache": False}, name=name))
    for arn in later:
        world.wait(arn)
    world.emulator.batch.block_queue("highPriority-dev", CAPACITY, "waits-*")
    world.start({**sample, "cache": False}, name="waits")
    _let_the_end_be_lost(world, first["lost"])
    blocked = "JobQueueBlocked"
    world.eventually(True, lambda: blocked in {name for _, name, _ in by_metric(world)})
    world.sweep()
    _let_time_run_out(world, "endless-align-1")
    world.eventually(
        {str(metric) for metric in Metric},
        lambda: {name for namespace, name, _ in by_metric(world) if namespace == "SeqStack"},
    )
    return by_metric(world)


def by_metric(world: World) -> dict[Published, list[dict[str, str]]]:
    found: dict[Published, list[dict[str, str]]] = {}
    for published, values in logged(world):
        found.setdefault(published, []).append(values)
    return found


def _let_the_end_be_lost(world: World, arn: str) -> None:
    """Abort an execution, and lose its event."""
    name = arn.rsplit(":", 1)[1]
    world.eventually(True, lambda: f"{name}-align-1" in world.running_jobs())
    world.emulator.events.intercept = lambda event: (
        [] if event["source"] == "aws.states" else [event]
    )
    world.emulator.client("stepfunctions").stop_execution(executionArn=arn)
    world.emulator.events.intercept = lambda event: [event]


def _let_time_run_out(world: World, job: str) -> None:
    """A job is said to have run into Batch's limit for an attempt; nothing here waits so long."""
    world.eventually(True, lambda: job in world.running_jobs())
    running = next(
        event
        for event in world.emulator.events.published
        if event["source"] == "aws.batch"
        and (event["detail"]["jobName"], event["detail"]["status"]) == (job, "RUNNING")
    )
    reason = "Job attempt duration exceeded timeout"
    detail = {**running["detail"], "status": "FAILED", "statusReason": reason}
    world.emulator.events.publish({**running, "detail": detail})


def test_every_metric_of_the_stack_is_published_in_its_namespace(
    own: dict[Published, list[dict[str, str]]],
) -> None:
    assert {namespace for namespace, _, _ in own} == {"SeqStack"}
    assert {values["environment"] for each in own.values() for values in each} == {"dev"}


def test_every_metric_of_dashboard_and_alarms_is_published_by_somebody(
    own: dict[Published, list[dict[str, str]]], deployed: World
) -> None:
    known = published_by_aws() | own.keys()

    for published, _ in [*shown(deployed), *watched(deployed)]:
        assert published in known, published


def test_every_dimension_of_dashboard_and_alarms_names_something_of_the_stack(
    own: dict[Published, list[dict[str, str]]], deployed: World
) -> None:
    emulator = deployed.emulator
    queue = emulator.outputs["EventDeadLetterQueueUrl"].rpartition("/")[2]
    there = {
        "StateMachineArn": {
            emulator.outputs[f"{name}StateMachineArn"].removesuffix(":live")
            for name in ("SecondaryAnalysis", "RunBatchJob")
        },
        "FunctionName": {each["FunctionName"] for each in functions(deployed)},
        "QueueName": {queue},
        "TopicName": {emulator.outputs["RunEndsTopicArn"].rpartition(":")[2]},
        "TableName": {emulator.outputs["LedgerTableName"]},
        "environment": {"dev"},
        "queue": {"highPriority-dev", "lowPriority-dev", "onDemand-dev"},
    }
    published = {values["queue"] for each in own.values() for values in each if "queue" in values}
    assert published <= there["queue"]

    for metric, values in [*shown(deployed), *watched(deployed)]:
        for name, value in values.items():
            assert value in there[name], (metric, name, value)


def test_every_metric_of_the_stack_is_shown(
    own: dict[Published, list[dict[str, str]]], deployed: World
) -> None:
    assert own.keys() - {published for published, _ in shown(deployed)} <= {
        ("SeqStack", "RunFailed", frozenset({"environment"})),  # the alarm's
        ("SeqStack", "JobQueueBlocked", frozenset({"environment"})),
    }


def test_every_function_is_on_the_dashboard(deployed: World) -> None:
    on_it = {values["FunctionName"] for (_, name, _), values in shown(deployed) if name == "Errors"}

    assert on_it == {each["FunctionName"] for each in functions(deployed)}


def test_dashboard_and_alarms_are_free_of_charge(deployed: World) -> None:
    # https://aws.amazon.com/cloudwatch/pricing/: the free tier
    distinct = {(metric, *sorted(values.items())) for metric, values in shown(deployed)}
    assert len(distinct) <= 50
    assert len(list(watched(deployed))) <= 10


def test_dashboard_shows_every_alarm(deployed: World) -> None:
    (widget,) = [each for each in widgets(deployed) if each["type"] == "alarm"]

    assert widget["properties"]["alarms"] == [each["AlarmArn"] for each in alarms(deployed)]


def test_every_alarm_notifies_operators(deployed: World) -> None:
    topic = deployed.emulator.outputs["AlarmsTopicArn"]

    assert len(alarms(deployed)) >= 7
    assert all(each["AlarmActions"] == [topic] for each in alarms(deployed))


def functions(world: World) -> list[dict[str, Any]]:
    return list(world.emulator.client("lambda").list_functions()["Functions"])
