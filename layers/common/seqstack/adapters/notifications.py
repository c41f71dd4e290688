"""Destinations of notifications: Amazon SNS for people, EventBridge for programs."""

import json

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from seqstack.adapters.aws import client, messenger, translated_errors
from seqstack.domain.errors import MessageRefusedError, TransientServiceError
from seqstack.domain.notification_content import Notification

_FIRST_SERVER_ERROR = 500


class NotificationTopic:
    """The Amazon SNS topic of notifications."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def publish(self, message: Notification) -> str:
        """Publish a message.

        Returns:
            The message's id; empty if the connection broke or the service failed: the message may
            or may not have been sent.

        Raises:
            MessageRefusedError: it was certainly not sent.
        """
        try:
            answer = messenger().publish(
                TopicArn=self._arn,
                Subject=message.subject,
                Message=_for_each_reader(message),
                MessageStructure="json",
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in message.labels.items()
                },
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < _FIRST_SERVER_ERROR:
                raise MessageRefusedError(f"{message.id}: {error}") from error
            return ""
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise MessageRefusedError(f"{message.id}: {error}") from error
        except (BotoConnectionError, HTTPClientError):
            return ""
        return answer["MessageId"]


def _for_each_reader(message: Notification) -> str:
    """The message for each protocol; by default JSON, for programs.

    Amazon Q Developer in chat applications subscribes with `https`, and shows only messages in its
    own schema: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html.
    """
    chat = {
        "version": "1.0",
        "source": "custom",
        "id": str(message.id),
        "content": {
            "textType": "client-markdown",
            "title": message.subject,
            "description": f"```\n{message.text}\n```",
        },
        "metadata": {"threadId": str(message.id), "summary": message.subject},
    }
    forms = {
        "default": json.dumps(message.facts, ensure_ascii=False),
        "email": message.text,
        "https": json.dumps(chat, ensure_ascii=False),
    }
    return json.dumps(forms, ensure_ascii=False)


SOURCE = "seqstack"


class EventBus:
    """The account's default event bus."""

    def put(self, message: Notification) -> None:
        """Put the event `Run Ended` or `Cohort Ended`, with the message's facts as its detail.

        Raises:
            TransientServiceError: EventBridge did not accept it.
        """
        with translated_errors():
            answer = client("events").put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": f"{message.id.kind.title()} Ended",
                        "Detail": json.dumps(message.facts, ensure_ascii=False),
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            (entry,) = answer["Entries"]
            why = f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}"
            raise TransientServiceError(f"EventBridge did not accept {message.id}: {why}")
