"""The ledger's items in DynamoDB: keys, indexes, types, words, and errors of the service."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from seqstack.adapters import aws
from seqstack.domain.claims import Taking, Waiting
from seqstack.domain.errors import TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.words import RunState, Step, StepState
from tests.support.aws_world import TABLE, AwsWorld, template
from tests.support.builders import (
    ALIGN,
    HIGH,
    JOB_ID,
    LOG_STREAM,
    RUN_ID,
    all_steps,
    attempt,
    job_record,
    run_row,
    step_plan,
    written_objects,
)

FAILURE = Failure("ToolFailedError", "exit status 1")
WRITTEN = written_objects(step_plan())


def live_whole(world: AwsWorld) -> None:
    """Write everything that the ledger can write, once."""
    ledger = world.ledger
    ledger.open_run(run_row(), all_steps())
    other, claimant = (
        run_row(run_id=name, results_folder="b/r/") for name in ("other", "claimant")
    )
    ledger.open_run(other, [], Taking.by(other, None))
    ledger.finish_run(replace(other, state=RunState.ABORTED))
    ledger.open_run(claimant, [], Taking.by(claimant, ledger.claim("b/r/")))
    waiting = Waiting("b/r/", RUN_ID, Step.ALIGN, "token-0")
    ledger.keep_waiting(waiting, 1_751_400_000)
    ledger.stop_waiting(waiting)
    ledger.complete_step(JobKey(RUN_ID, Step.CALL_VARIANTS, 1), WRITTEN)
    ledger.note_written(RUN_ID, Step.CALL_VARIANTS, WRITTEN)
    ledger.arm_job(ALIGN, step_plan(), "token-1")
    ledger.arm_job(ALIGN, step_plan(), "token-2")
    ledger.start_step(RUN_ID, Step.ALIGN, 1)
    ledger.reuse_step(JobKey(RUN_ID, Step.ANNOTATE, 1), "earlier-run", WRITTEN)
    ledger.record_submission(ALIGN, JOB_ID)
    ended = {
        "attempts": [attempt(1)],
        "container": {"exitCode": 1, "logStreamName": LOG_STREAM},
        "startedAt": 1_748_856_800_000,
        "stoppedAt": 1_748_860_400_000,
    }
    ledger.note_waiting(ALIGN, job_record("RUNNABLE", statusReason="no capacity"))
    ledger.record_job(ALIGN, job_record("FAILED", **ended), FAILURE)
    ledger.claim_token(ALIGN, "token-2")
    ledger.release_token(ALIGN, "token-2")
    refused = JobKey(RUN_ID, Step.ANNOTATE, 1)
    ledger.arm_job(refused, step_plan(Step.ANNOTATE), "token-3")
    ledger.reject_job(refused, FAILURE)
    ledger.finish_step(RUN_ID, Step.ALIGN, FAILURE)
    ledger.stop_step(RUN_ID, Step.ALIGNMENT_STATS)
    end = run_row(state=RunState.FAILED, ended_at="2025-06-02T10:00:00.000Z", failure=FAILURE)
    ledger.finish_run(end)
    ledger.reopen_run(RUN_ID, 1)
    ledger.reopen_step(RUN_ID, Step.ALIGN, 1)
    ledger.finish_step(RUN_ID, Step.ALIGN, FAILURE)
    ledger.finish_run(replace(end, redrive=1))
    ledger.expire_run(RUN_ID, 1_751_400_000)
    ledger.write_rejected_run(run_row(run_id="rejected", sample_id="", state=RunState.FAILED))


def test_reopen_run_lets_no_item_of_the_run_expire(world: AwsWorld) -> None:
    ledger = world.ledger
    ledger.open_run(run_row(), all_steps())
    ledger.arm_job(ALIGN, step_plan(), "token-1")
    ledger.complete_step(ALIGN, WRITTEN)
    ledger.finish_run(run_row(state=RunState.ABORTED, ended_at="2025-06-02T10:00:00.000Z"))
    ledger.expire_run(RUN_ID, 1_751_400_000)
    assert expiring(world) == len(all_steps()) + 2

    ledger.reopen_run(RUN_ID, 1)

    assert expiring(world) == 0


def expiring(world: AwsWorld) -> int:
    """How many items of the run have a date to expire."""
    found = world.client("dynamodb").query(
        TableName=TABLE,
        KeyConditionExpression="pk = :run",
        ExpressionAttributeValues={":run": {"S": f"RUN#{RUN_ID}"}},
    )["Items"]
    return sum("expiresAt" in item for item in found)


def use_whole(world: AwsWorld) -> None:
    """Write everything and read it again."""
    live_whole(world)
    world.ledger.history(RUN_ID)
    world.ledger.job(ALIGN)
    world.ledger.runs_in_state(world.ledger.run(RUN_ID).state, "2025")


@contextmanager
def heard_calls() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The calls that the ledger makes meanwhile: operation and parameters."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def take(params: dict[str, Any], model: Any, **_: Any) -> None:
        calls.append((model.name, dict(params)))

    events: Any = aws.dynamodb().meta.client.meta.events
    events.register_first("provide-client-params.dynamodb", take)
    yield calls
    events.unregister("provide-client-params.dynamodb", take)


@contextmanager
def answering(
    operation: str, code: str, status: int, times: int = 100, **more: Any
) -> Iterator[None]:
    """Let DynamoDB answer one operation with an error, so many times."""
    left = iter(range(times))

    def fail(**_: Any) -> None:
        if next(left, None) is None:
            return
        response: Any = {
            "Error": {"Code": code, "Message": "as the test says"},
            "ResponseMetadata": {"HTTPStatusCode": status},
            **more,
        }
        raise ClientError(response, operation)

    events: Any = aws.dynamodb().meta.client.meta.events
    events.register(f"before-call.dynamodb.{operation}", fail)
    yield
    events.unregister(f"before-call.dynamodb.{operation}", fail)


def test_ledger_keys_are_those_of_the_design(world: AwsWorld) -> None:
    live_whole(world)

    for sk in ("RUN", "STEP#align", "STEP#alignmentStats", "JOB#align#01", "JOB#annotate#01"):
        assert world.item(f"RUN#{RUN_ID}", sk), sk


def test_ledger_history_is_one_query_and_never_a_scan(world: AwsWorld) -> None:
    live_whole(world)

    with heard_calls() as calls:
        history = world.ledger.history(RUN_ID)

    assert [name for name, _ in calls] == ["Query"]
    assert calls[0][1]["ConsistentRead"]
    assert (len(history.steps), len(history.jobs)) == (len(all_steps()), 2)


def test_ledger_writes_are_all_conditional(world: AwsWorld) -> None:
    with heard_calls() as calls:
        live_whole(world)

    writes = [call for call in calls if call[0] not in {"Query", "GetItem"}]
    assert {name for name, _ in writes} == {"PutItem", "UpdateItem", "TransactWriteItems"}
    for _, params in writes:
        transacted = [write for item in params.get("TransactItems", []) for write in item.values()]
        for write in transacted or [params]:
            assert write["ConditionExpression"]


def test_ledger_expressions_use_no_reserved_word(world: AwsWorld) -> None:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
    reserved = set(ReservedKeywords.get_reserved_keywords())
    syntax = {"SET", "AND", "OR", "IN", "attribute_exists", "attribute_not_exists", "if_not_exists"}
    with heard_calls() as calls:
        live_whole(world)

    for _, params in calls:
        expressions = [params.get(f"{kind}Expression", "") for kind in ("Update", "Condition")]
        words = re.findall(r"(?<![#:\w])[A-Za-z_]\w*", " ".join(map(str, expressions)))
        assert not {word for word in set(words) - syntax if word.upper() in reserved}
        unused = set(params.get("ExpressionAttributeNames", {})) - set(
            re.findall(r"#\w+", " ".join(map(str, expressions)))
        )
        assert not unused


def test_ledger_rows_hold_no_decimals(world: AwsWorld) -> None:
    live_whole(world)

    def walk(value: object) -> Iterator[object]:
        if is_dataclass(value):
            for field in fields(value):
                yield from walk(getattr(value, field.name))
        elif isinstance(value, (tuple, list)):
            for one in value:
                yield from walk(one)
        else:
            yield value

    leaves = list(walk(world.ledger.history(RUN_ID)))
    assert not any(isinstance(leaf, Decimal) for leaf in leaves)
    assert 1_748_856_800_000 in leaves


@pytest.mark.parametrize(
    ("index", "key", "expected"),
    [
        ("ByJobId", {"jobId": JOB_ID}, ["JOB#align#01"]),
        ("ByState", {"runState": "FAILED"}, ["RUN", "RUN"]),
        ("ByState", {"runState": "RUNNING"}, ["RUN"]),
        ("BySample", {"runSample": "NA12878"}, ["RUN"] * 3),
        ("ByCohort", {"cohortId": "any"}, []),
    ],
)
def test_ledger_index_gives_what_it_is_for_and_nothing_else(
    world: AwsWorld, index: str, key: dict[str, str], expected: list[str]
) -> None:
    live_whole(world)

    assert [item["sk"]["S"] for item in world.index(index, **key)] == expected


def test_ledger_index_of_cohorts_has_their_runs_in_the_order_of_their_start(
    world: AwsWorld,
) -> None:
    for number, cohort in enumerate(["trio-7", "", "trio-8", "trio-7"]):
        started_at = f"2025-06-02T09:3{9 - number}:00.000Z"
        run = run_row(run_id=f"r{number}", cohort_id=cohort, started_at=started_at)
        assert world.ledger.open_run(run, [])

    found = world.index("ByCohort", cohortId="trio-7")

    assert [item["runId"]["S"] for item in found] == ["r3", "r0"]


def test_ledger_runs_by_state_come_in_the_order_of_their_start(world: AwsWorld) -> None:
    starts = ["2025-06-02T09:30:00.125Z", "2025-01-31T23:59:59.999Z", "2025-06-02T09:30:00.090Z"]
    for number, start in enumerate(starts):
        world.ledger.open_run(run_row(run_id=f"r{number}", started_at=start), [])

    found = [item["startedAt"]["S"] for item in world.index("ByState", runState="RUNNING")]

    assert found == sorted(starts)


def test_ledger_expiry_is_on_every_item_of_the_run(world: AwsWorld) -> None:
    live_whole(world)
    attribute = template()["Resources"]["LedgerTable"]["Properties"]["TimeToLiveSpecification"]

    for sk in ("RUN", "STEP#align", "STEP#annotate", "JOB#align#01", "JOB#annotate#01"):
        item = world.item(f"RUN#{RUN_ID}", sk)
        assert item
        assert item[attribute["AttributeName"]] == {"N": "1751400000"}


def test_ledger_forgotten_job_keeps_the_queue_it_was_in(world: AwsWorld) -> None:
    world.ledger.open_run(run_row(), all_steps())
    world.ledger.arm_job(ALIGN, step_plan(), "token-1")
    world.ledger.record_submission(ALIGN, JOB_ID)

    world.ledger.record_job(ALIGN, job_record("FAILED", jobQueue=""), FAILURE)

    item = world.item(f"RUN#{RUN_ID}", "JOB#align#01")
    assert item
    assert item["jobQueue"] == {"S": HIGH}


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("UpdateItem", "ProvisionedThroughputExceededException", 400),
        ("UpdateItem", "ThrottlingException", 400),
        ("UpdateItem", "RequestLimitExceeded", 400),
        ("Query", "InternalServerError", 500),
        ("Query", "ServiceUnavailable", 503),
        ("GetItem", "ThrottlingException", 400),
    ],
)
def test_ledger_throttled_or_unavailable_is_transient(
    world: AwsWorld, operation: str, code: str, status: int
) -> None:
    with answering(operation, code, status), pytest.raises(TransientServiceError, match=operation):
        use_whole(world)


@pytest.mark.parametrize("operation", ["UpdateItem", "Query", "GetItem", "PutItem"])
def test_ledger_refused_for_good_passes_through(world: AwsWorld, operation: str) -> None:
    refused = answering(operation, "AccessDeniedException", 400)
    with refused, pytest.raises(ClientError, match="AccessDenied"):
        use_whole(world)


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_ledger_run_that_could_not_be_opened_now_is_not_anothers(
    world: AwsWorld, reason: str
) -> None:
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    reasons = [{"Code": "None"}, {"Code": reason}]
    cancelled = answering(
        "TransactWriteItems", "TransactionCanceledException", 400, CancellationReasons=reasons
    )
    with cancelled, pytest.raises(TransientServiceError, match=reason):
        world.ledger.open_run(run_row(), all_steps())


@pytest.mark.parametrize(("conflicts", "waits"), [(0, 1), (3, 4), (4, 5)])
def test_ledger_write_that_meets_a_transaction_is_made_after_it(
    world: AwsWorld, monkeypatch: pytest.MonkeyPatch, conflicts: int, waits: int
) -> None:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
    world.ledger.open_run(run_row(), all_steps())
    waited: list[float] = []
    monkeypatch.setattr("seqstack.adapters.ledger_table.time.sleep", waited.append)
    met = answering("UpdateItem", "TransactionConflictException", 400, times=conflicts)
    with met:
        assert world.ledger.complete_step(ALIGN, WRITTEN)
    assert world.ledger.step(RUN_ID, Step.ALIGN).state is StepState.SUCCEEDED
    assert len(waited) == waits


def test_ledger_write_that_always_meets_a_transaction_is_transient(
    world: AwsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqstack.adapters.ledger_table._WAITS_FOR_TRANSACTIONS", (0, 0))
    met = answering("UpdateItem", "TransactionConflictException", 400)
    with met, pytest.raises(TransientServiceError, match="TransactionConflict"):
        world.ledger.complete_step(ALIGN, WRITTEN)


@pytest.mark.parametrize("error", [EndpointConnectionError, ReadTimeoutError])
def test_ledger_broken_connection_is_transient(
    world: AwsWorld, error: type[EndpointConnectionError | ReadTimeoutError]
) -> None:
    def fail(**_: Any) -> None:
        raise error(endpoint_url="https://dynamodb.us-east-1.amazonaws.com")

    events: Any = aws.dynamodb().meta.client.meta.events
    events.register("before-call.dynamodb.GetItem", fail)
    with pytest.raises(TransientServiceError):
        world.ledger.job(ALIGN)
    events.unregister("before-call.dynamodb.GetItem", fail)
