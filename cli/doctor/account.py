"""Who asks, where, and whether the stack is there and answers."""

import time
from collections.abc import Iterator

from cli.aws import stack_outputs, translated_errors
from cli.client import RunQuery
from cli.doctor.checks import Check, Health
from cli.session import Session

_READY = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_USABLE = frozenset({"UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"})


def look_at_account(session: Session) -> Iterator[Check]:
    """Credentials that AWS takes, and a region."""
    client = session.aws.client("sts")
    with translated_errors():
        caller = client.get_caller_identity()
    yield Check(
        "account", Health.OK, f"{caller['Account']} in {session.aws.region}, as {caller['Arn']}"
    )


def look_at_stack(session: Session) -> Iterator[Check]:
    """A stack that is deployed, of a version that has an API."""
    stack = session.stack
    name, status = stack["StackName"], stack["StackStatus"]
    said = f"{name}: {status}"
    if status in _READY:
        yield Check("stack", Health.OK, said)
    elif status in _USABLE:
        cure = "the last update was undone: `sam deploy` again, and read what it says"
        yield Check("stack", Health.WARNING, said, cure if "ROLLBACK" in status else "wait")
    elif status.endswith("_IN_PROGRESS"):
        yield Check("stack", Health.WARNING, said, "wait until it is complete")
    else:
        yield Check("stack", Health.FAILED, said, "look at the stack's events, then `sam deploy`")


def look_at_api(session: Session) -> Iterator[Check]:
    """The API answers, and takes who asks."""
    begun = time.monotonic()
    session.api.list_runs(RunQuery(), 1)
    took = time.monotonic() - begun
    yield Check("api", Health.OK, f"{session.api_url} answers in {took * 1000:.0f} ms")


def look_at_dead_letters(session: Session) -> Iterator[Check]:
    """No event was given up."""
    url = stack_outputs(session.stack)["EventDeadLetterQueueUrl"]
    client = session.aws.client("sqs")
    name = "ApproximateNumberOfMessages"
    with translated_errors():
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    count = int(answer["Attributes"][name])
    if not count:
        yield Check("events", Health.OK, "every event was delivered")
        return
    queue = url.rpartition("/")[2]
    cure = f"read them in queue {queue}: they say which function failed; its log says why"
    yield Check("events", Health.WARNING, f"{count} could not be handled", cure)
