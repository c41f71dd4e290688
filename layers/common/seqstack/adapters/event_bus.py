"""EventBridge: where programs hear of ends, on the account's default bus."""

import json

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.end_message import EndMessage
from seqstack.domain.errors import TransientServiceError

SOURCE = "seqstack"


class EventBus:
    """The call that tells of an end."""

    def put(self, message: EndMessage) -> None:
        """Put the event `Run Ended` or `Cohort Ended`, whose detail are the message's facts.

        Raises:
            TransientServiceError: EventBridge did not take it.
        """
        with translated_errors():
            answer = client("events").put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": f"{message.end.kind.title()} Ended",
                        "Detail": json.dumps(message.facts, ensure_ascii=False),
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            (entry,) = answer["Entries"]
            why = f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}"
            raise TransientServiceError(f"EventBridge did not take {message.end}: {why}")
