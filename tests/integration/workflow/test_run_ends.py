"""Every end of a run or cohort is notified once, even if a sender dies."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from emulator.engine.events import Event
from seqstack.use_cases.sweep_runs import Swept
from tests.harness.scripted import Act
from tests.support.workflow_world import World

pytestmark = pytest.mark.long

NOTHING = asdict(Swept(0, 0, 0))


class Readers:
    """A queue that subscribes to the topic of ends, and one that has its events."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sqs = world.emulator.client("sqs")
        name = f"ends-{uuid.uuid4().hex[:8]}"
        self._messages = self._queue(name)
        self._events = self._queue(f"{name}-events")
        topic = world.emulator.outputs["RunEndsTopicArn"]
        sns = world.emulator.client("sns")
        self._subscription = sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=self._arn(name), ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        events = world.emulator.client("events")
        events.put_rule(Name=name, EventPattern='{"source": ["seqstack"]}')
        target = {"Id": "queue", "Arn": self._arn(f"{name}-events")}
        events.put_targets(Rule=name, Targets=[target])
        self.heard: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        self._world.emulator.client("sns").unsubscribe(SubscriptionArn=self._subscription)

    def listen(self) -> None:
        self.heard += [json.loads(body["Message"]) for body in self._receive(self._messages)]
        self.events += list(self._receive(self._events))

    def ends(self, name: str) -> list[str]:
        """The messages of one run or cohort by now: their states."""
        self.listen()
        return [str(each["state"]) for each in self.heard if each["endId"].split("/")[1] == name]

    def events_of(self, name: str) -> list[dict[str, Any]]:
        """The events of one run or cohort, which come after its message."""

        def found() -> list[dict[str, Any]]:
            self.listen()
            details = [each["detail"] for each in self.events]
            return [each for each in details if each["endId"].split("/")[1] == name]

        return self._world.until(found)

    def told(self, name: str) -> dict[str, Any]:
        """The only message of a run or cohort."""
        (message,) = [each for each in self.heard if each["endId"].split("/")[1] == name]
        return message

    def _queue(self, name: str) -> str:
        return str(self._sqs.create_queue(QueueName=name)["QueueUrl"])

    def _arn(self, name: str) -> str:
        return f"arn:aws:sqs:us-east-1:123456789012:{name}"

    def _receive(self, url: str) -> Iterator[dict[str, Any]]:
        while found := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in found:
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield json.loads(message["Body"])


@pytest.fixture
def readers(world: World) -> Iterator[Readers]:
    readers = Readers(world)
    yield readers
    readers.close()


def name_of(arn: str) -> str:
    return arn.rsplit(":", 1)[1]


def calls(world: World) -> int:
    return world.emulator.lambda_.invocations("notify_run_end-dev")


def is_end(event: Event) -> bool:
    return event["source"] == "aws.states" and event["detail"]["stopDate"] is not None


def is_end_of_run(event: Event) -> bool:
    return is_end(event) and ":secondary_analysis-dev:" in event["detail"]["executionArn"]


def let_time_pass(world: World, name: str) -> None:
    """Make the run's end and its claimed notification older than any call lasts."""
    table = world.emulator.client("dynamodb")
    for sk, attribute in (("RUN", "endedAt"), ("END#00", "claimedAt")):
        key = {"pk": {"S": f"RUN#{name}"}, "sk": {"S": sk}}
        where = {"TableName": world.emulator.outputs["LedgerTableName"], "Key": key}
        if "Item" in table.get_item(**where):
            an_hour_ago = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 3600))
            table.update_item(
                **where,
                UpdateExpression=f"SET {attribute} = :then",
                ExpressionAttributeValues={":then": {"S": an_hour_ago}},
            )


def test_run_that_succeeds_is_notified_of_with_its_results(world: World, readers: Readers) -> None:
    sample = world.sample()

    name = name_of(world.start(sample))

    world.eventually(["SUCCEEDED"], lambda: readers.ends(name))
    told = readers.told(name)
    assert told["sampleId"] == sample["sampleId"]
    assert told["resultsS3Path"] == str(world.layout(sample["sampleId"]).root)
    assert told["executionUrl"].endswith(told["executionArn"])
    assert readers.events_of(name) == [told]


def test_run_that_fails_is_notified_of_with_its_cause(world: World, readers: Readers) -> None:
    world.play({"-align-1": [Act.fail(65, lines=["FAILED align: bad FASTQ"])]})

    name = name_of(world.start(world.sample()))

    world.eventually(["FAILED"], lambda: readers.ends(name))
    assert readers.told(name)["error"] == "ToolFailedError"
    assert "FAILED align: bad FASTQ" in readers.told(name)["cause"]


def test_run_that_is_refused_is_notified_of_by_its_sample(world: World, readers: Readers) -> None:
    sample = world.sample(threads=8)

    name = name_of(world.start(sample))

    world.eventually(["FAILED"], lambda: readers.ends(name))
    told = readers.told(name)
    assert (told["error"], told["sampleId"]) == ("InvalidInputError", sample["sampleId"])


def test_run_that_is_aborted_is_notified_of_once_though_two_functions_close_it(
    world: World, readers: Readers
) -> None:
    world.play({"-align-1": [Act.hang()]})
    arn = world.start(world.sample())
    running = f"{name_of(arn)}-align-1"
    world.eventually(True, lambda: running in world.running_jobs())

    world.emulator.client("stepfunctions").stop_execution(
        executionArn=arn, error="Cancelled", cause="Wrong sample sheet"
    )

    world.eventually(["ABORTED"], lambda: readers.ends(name_of(arn)))
    assert readers.told(name_of(arn))["error"] == "Cancelled"


def test_run_that_times_out_is_notified_of(world: World, readers: Readers) -> None:
    """Its event as AWS sends it; nothing here waits for 14 days."""
    world.play({"-align-1": [Act.hang()]})
    arn = world.start(world.sample())
    world.eventually(True, lambda: f"{name_of(arn)}-align-1" in world.running_jobs())
    started = next(
        event
        for event in world.emulator.events.published
        if event["source"] == "aws.states" and event["detail"]["executionArn"] == arn
    )
    now = int(time.time() * 1000)
    detail = {**started["detail"], "status": "TIMED_OUT", "stopDate": now}

    world.emulator.events.publish({**started, "detail": detail})

    world.eventually(["TIMED_OUT"], lambda: readers.ends(name_of(arn)))
    assert readers.told(name_of(arn))["error"] == "ExecutionTimedOut"
    world.emulator.client("stepfunctions").stop_execution(executionArn=arn)


def test_event_of_an_end_that_comes_ten_times_is_notified_of_once(
    world: World, readers: Readers
) -> None:
    before = calls(world)
    world.emulator.events.intercept = lambda event: [event] * (10 if is_end_of_run(event) else 1)

    name = name_of(world.start(world.sample()))

    world.eventually(10, lambda: calls(world) - before)
    assert readers.ends(name) == ["SUCCEEDED"]


def test_event_of_an_end_that_is_lost_is_made_up_for_by_the_sweep(
    world: World, readers: Readers
) -> None:
    world.emulator.events.intercept = lambda event: [] if is_end_of_run(event) else [event]
    ended = world.run(world.sample())
    world.eventually("SUCCEEDED", lambda: world.run_state(ended))
    assert world.sweep()["notifications_sent"] == 0  # its event may still be on its way
    let_time_pass(world, ended.run_id)

    assert world.sweep() == {**NOTHING, "notifications_sent": 1}
    assert world.sweep() == NOTHING

    assert readers.ends(ended.run_id) == ["SUCCEEDED"]


def test_notifier_that_dies_before_it_publishes_is_reported_and_nothing_is_notified_of(
    world: World, readers: Readers
) -> None:
    before = calls(world)
    fault = world.emulator.faults.crash_before("notify_run_end-dev", "sns", "Publish")

    ended = world.run(world.sample())

    world.eventually(2, lambda: calls(world) - before)  # Lambda calls once more
    assert fault.fired == 1
    let_time_pass(world, ended.run_id)
    assert world.sweep() == {**NOTHING, "notifications_unsure": 1}
    assert world.sweep() == NOTHING
    assert readers.ends(ended.run_id) == []


@pytest.mark.parametrize("skip", [0, 1])
def test_notifier_that_dies_after_it_has_published_sends_no_second_message(
    world: World, readers: Readers, skip: int
) -> None:
    before = calls(world)
    faults = world.emulator.faults
    # right behind the message, or right behind the note that it is out
    if skip:
        fault = faults.crash_after("notify_run_end-dev", "dynamodb", "UpdateItem", skip=2)
    else:
        fault = faults.crash_after("notify_run_end-dev", "sns", "Publish")

    ended = world.run(world.sample())

    world.eventually(2, lambda: calls(world) - before)
    assert fault.fired == 1
    assert readers.ends(ended.run_id) == ["SUCCEEDED"]
    let_time_pass(world, ended.run_id)
    assert world.sweep()["notifications_unsure"] == (0 if skip else 1)
    assert readers.ends(ended.run_id) == ["SUCCEEDED"]


def test_notifier_that_dies_before_it_claims_the_notification_leaves_it_to_the_next(
    world: World, readers: Readers
) -> None:
    fault = world.emulator.faults.crash_before("notify_run_end-dev", "dynamodb", "GetItem", skip=1)

    name = name_of(world.start(world.sample()))

    world.eventually(["SUCCEEDED"], lambda: readers.ends(name))
    assert fault.fired == 1


def test_message_that_sns_throttles_is_sent_by_the_next_call(
    world: World, readers: Readers
) -> None:
    fault = world.emulator.faults.throttle("sns", "Publish", 1)

    name = name_of(world.start(world.sample()))

    world.eventually(["SUCCEEDED"], lambda: readers.ends(name))
    assert fault.fired == 1
    event, *again = readers.events_of(name)
    assert all(one["endId"] == event["endId"] for one in again)  # the event may come twice


def test_cohort_is_notified_of_once_after_all_its_runs(world: World, readers: Readers) -> None:
    cohort = f"c{uuid.uuid4().hex[:8]}"
    names = [f"{cohort}-{number}" for number in range(4)]
    world.play({f"{names[1]}-callVariants-1": [Act.fail(65)]})

    for number, name in enumerate(names):
        wrong = {"threads": 8} if number == 3 else {}
        world.start(world.sample(cohortId=cohort, cohortSize=4, **wrong), name=name)

    world.eventually(1, lambda: len(readers.ends(cohort)))
    world.eventually([1] * 4, lambda: [len(readers.ends(name)) for name in names])
    states = Counter(readers.told(name)["state"] for name in names)
    told = readers.told(cohort)
    assert told["samples"] == states
    assert states == {"SUCCEEDED": 2, "FAILED": 2}
    assert len(told["failedRuns"]) == 2
    # runs that end together may both put the event
    assert all(event == told for event in readers.events_of(cohort))
