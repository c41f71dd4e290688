"""Checks of credentials, region, stack and API."""

import time
from collections.abc import Iterator

from cli.aws import stack_outputs, translated_errors
from cli.client import RunQuery
from cli.doctor.checks import Check, Health
from cli.session import Session

_READY = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_USABLE = frozenset({"UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"})


def look_at_account(session: Session) -> Iterator[Check]:
    """Check that there is a region, and that AWS accepts the credentials."""
    client = session.aws.client("sts")
    with translated_errors():
        caller = client.get_caller_identity()
    yield Check(
        "account", Health.OK, f"{caller['Account']} in {session.aws.region}, as {caller['Arn']}"
    )


def look_at_stack(session: Session) -> Iterator[Check]:
    """Check that the stack is deployed and has an API."""
    stack = session.stack
    name, status = stack["StackName"], stack["StackStatus"]
    said = f"{name}: {status}"
    if status in _READY:
        yield Check("stack", Health.OK, said)
    elif status in _USABLE:
        hint = "the last update was rolled back: run `sam deploy` again, and read its output"
        yield Check("stack", Health.WARNING, said, hint if "ROLLBACK" in status else "wait")
    elif status.endswith("_IN_PROGRESS"):
        yield Check("stack", Health.WARNING, said, "wait until it is complete")
    else:
        yield Check("stack", Health.FAILED, said, "look at the stack's events, then `sam deploy`")


def look_at_api(session: Session) -> Iterator[Check]:
    """Check that the API answers and authorizes the caller."""
    begun = time.monotonic()
    session.api.list_runs(RunQuery(), 1)
    took = time.monotonic() - begun
    yield Check("api", Health.OK, f"{session.api_url} answers in {took * 1000:.0f} ms")


def look_at_dead_letters(session: Session) -> Iterator[Check]:
    """Check that the dead-letter queues are empty."""
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
    hint = f"read them in queue {queue}: they say which function failed; its log says why"
    yield Check("events", Health.WARNING, f"{count} could not be handled", hint)
