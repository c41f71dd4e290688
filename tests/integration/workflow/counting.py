"""Count in the emulator what a run takes."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.responses import DynamoHandler
from moto.s3.responses import S3Response

from emulator.engine.patches import Patches
from tests.support.waiting import until
from tests.support.workflow_world import World


def calls_of(world: World) -> Counter[str]:
    """The calls of each function so far."""
    functions = world.emulator.client("lambda").list_functions()["Functions"]
    names = [function["FunctionName"] for function in functions]
    return Counter({name: world.emulator.lambda_.invocations(name) for name in names})


def ends_after_all_else(world: World) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    """Hold a job's end back until every event before it was handled."""
    bus, called = world.emulator.events, world.emulator.lambda_.invocations
    told_before, tracked_before = len(bus.published), called("track_job-dev")

    def hold_back(event: dict[str, Any]) -> list[dict[str, Any]]:
        if event["source"] == "aws.batch" and event["detail"]["status"] == "SUCCEEDED":
            told = sum(one["source"] == "aws.batch" for one in bus.published[told_before:])
            until(lambda: called("track_job-dev") - tracked_before >= told - 1)
        return [event]

    return hold_back


@contextmanager
def counted_requests(user: str) -> Iterator[tuple[list[str], Counter[str]]]:
    """Requests of functions: method and path of those to S3, and the operations of DynamoDB.

    `user` is the access key of whoever is no function: of jobs, and of the test.
    """
    objects: list[str] = []
    operations: Counter[str] = Counter()
    setup_class, call_action = S3Response.setup_class, DynamoHandler.call_action

    def is_of_a_function(headers: Any) -> bool:
        return f"Credential={user}/" not in headers.get("Authorization", "")

    def to_s3(self: S3Response, request: Any, *more: Any, **options: Any) -> Any:
        if is_of_a_function(request.headers):
            objects.append(f"{request.method} {request.path}")
        return setup_class(self, request, *more, **options)

    def to_table(self: DynamoHandler) -> Any:
        if is_of_a_function(self.headers):
            operations[self.headers.get("X-Amz-Target", "").rpartition(".")[2]] += 1
        return call_action(self)

    patches = Patches()
    patches.replace(S3Response, "setup_class", to_s3)
    patches.replace(DynamoHandler, "call_action", to_table)
    try:
        yield objects, operations
    finally:
        patches.restore()
