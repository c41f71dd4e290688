"""Notifications as Amazon SNS and EventBridge get them, and what their answers mean."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from seqstack.adapters import aws
from seqstack.adapters.notifications import EventBus, NotificationTopic
from seqstack.domain.errors import MessageRefusedError, TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.notification_content import Notification, run_notification
from seqstack.domain.words import RunState
from tests.support.aws_world import RUN_ENDS_TOPIC, AwsWorld, heard_ends, make_run_ends
from tests.support.builders import run_row

URL = "https://sns.us-east-1.amazonaws.com/"


@pytest.fixture
def message() -> Notification:
    failure = Failure("ToolFailedError", "exit status 1")
    run = run_row(
        state=RunState.FAILED, ended_at="2025-06-02T11:00:00.000Z", failure=failure,
        cohort_id="trio-7",
    )  # fmt: skip
    return run_notification(run, "dev")


@contextmanager
def calls_of(service: Any, operation: str, *answers: Any) -> Iterator[list[dict[str, Any]]]:
    """The requests of one operation; `answers` come in place of AWS's, or are raised."""
    calls: list[dict[str, Any]] = []
    left = list(answers)

    def take(params: Any, **_: Any) -> Any:
        calls.append(params["body"])
        if not left:
            return None
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    name = f"before-call.{service.meta.service_model.service_id.hyphenize()}.{operation}"
    service.meta.events.register(name, take)
    yield calls
    service.meta.events.unregister(name, take)


def error(status: int, code: str) -> Any:
    answer = {
        "Error": {"Code": code, "Message": "as the test says"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return AWSResponse(URL, status, HTTPHeaders(), None), answer


def test_message_to_a_queue_is_json_with_subject_and_labels(
    world: AwsWorld, message: Notification
) -> None:
    make_run_ends(world)

    message_id = NotificationTopic(RUN_ENDS_TOPIC).publish(message)

    (envelope,) = heard_ends(world)
    assert envelope["MessageId"] == message_id
    assert envelope["Subject"] == message.subject
    assert json.loads(envelope["Message"]) == message.facts
    assert envelope["MessageAttributes"]["state"] == {"Type": "String", "Value": "FAILED"}


def test_message_has_a_form_for_each_reader(world: AwsWorld, message: Notification) -> None:
    make_run_ends(world)

    with calls_of(aws.messenger(), "Publish") as calls:
        NotificationTopic(RUN_ENDS_TOPIC).publish(message)

    (call,) = calls
    assert call["MessageStructure"] == "json"
    forms = json.loads(call["Message"])
    assert set(forms) == {"default", "email", "https"}
    assert forms["email"] == message.text
    assert json.loads(forms["default"]) == message.facts
    chat = json.loads(forms["https"])
    assert (chat["version"], chat["source"]) == ("1.0", "custom")
    assert chat["content"]["title"] == message.subject
    assert message.text in chat["content"]["description"]


def test_message_can_be_chosen_by_its_labels(world: AwsWorld, message: Notification) -> None:
    make_run_ends(world)
    sns = world.client("sns")
    (subscription,) = sns.list_subscriptions()["Subscriptions"]
    sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue='{"kind": ["cohort"]}',
    )

    NotificationTopic(RUN_ENDS_TOPIC).publish(message)

    assert heard_ends(world) == []


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "ThrottledException"),
        error(429, "Throttling"),
        error(403, "AuthorizationError"),
        error(404, "NotFound"),
        ConnectTimeoutError(endpoint_url=URL),
        EndpointConnectionError(endpoint_url=URL),
    ],
)
@pytest.mark.usefixtures("world")
def test_message_that_was_surely_not_sent_is_refused_after_one_try(
    message: Notification, answer: Any
) -> None:
    with (
        calls_of(aws.messenger(), "Publish", answer, answer) as calls,
        pytest.raises(MessageRefusedError, match=str(message.id)),
    ):
        NotificationTopic(RUN_ENDS_TOPIC).publish(message)

    assert len(calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        error(500, "InternalError"),
        error(503, "ServiceUnavailable"),
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
    ],
)
@pytest.mark.usefixtures("world")
def test_message_that_may_be_out_has_no_id_and_is_tried_once(
    message: Notification, answer: Any
) -> None:
    with calls_of(aws.messenger(), "Publish", answer, answer) as calls:
        assert NotificationTopic(RUN_ENDS_TOPIC).publish(message) == ""

    assert len(calls) == 1


def test_event_reaches_the_rules_of_the_default_bus(world: AwsWorld, message: Notification) -> None:
    events, sqs = world.client("events"), world.client("sqs")
    url = sqs.create_queue(QueueName="programs")["QueueUrl"]
    events.put_rule(
        Name="ends", EventPattern='{"source": ["seqstack"], "detail-type": ["Run Ended"]}'
    )
    arn = "arn:aws:sqs:us-east-1:123456789012:programs"
    events.put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": arn}])

    EventBus().put(message)

    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    event = json.loads(received["Body"])
    assert (event["source"], event["detail-type"]) == ("seqstack", "Run Ended")
    assert event["detail"] == message.facts


@pytest.mark.usefixtures("world")
def test_event_that_eventbridge_does_not_take_raises(message: Notification) -> None:
    refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
    answer = (
        AWSResponse(URL, 200, HTTPHeaders(), None),
        {"FailedEntryCount": 1, "Entries": [refused]},
    )
    with (
        calls_of(aws.client("events"), "PutEvents", answer),
        pytest.raises(TransientServiceError, match="Rate exceeded"),
    ):
        EventBus().put(message)
