"""What the ledger needs of DynamoDB, tried on moto: conditions, their old items, indexes."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import table
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.responses import DynamoHandler

from tests.support.small_stack import SmallStack


def put(stack: SmallStack, pk: str, sk: str, **options: object) -> None:
    stack.emulator.client("dynamodb").put_item(
        TableName=stack.emulator.outputs["TableName"],
        Item={"pk": {"S": pk}, "sk": {"S": sk}, "jobId": {"S": f"job-of-{pk}"}},
        **options,
    )


def test_conditional_put_of_an_existing_key_is_refused_with_the_old_item(stack) -> None:
    put(stack, "cond", "A")
    with pytest.raises(ClientError) as refused:
        put(
            stack,
            "cond",
            "A",
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    response = refused.value.response
    assert response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert response["Item"]["jobId"] == {"S": "job-of-cond"}


def test_index_finds_the_item_by_its_other_key(stack: SmallStack) -> None:
    put(stack, "indexed", "A")
    found = stack.emulator.client("dynamodb").query(
        TableName=stack.emulator.outputs["TableName"],
        IndexName="ByJobId",
        KeyConditionExpression="jobId = :id",
        ExpressionAttributeValues={":id": {"S": "job-of-indexed"}},
    )
    assert [item["pk"]["S"] for item in found["Items"]] == ["indexed"]


def test_conditional_writes_at_the_same_time_let_exactly_one_through(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition_of = table.get_filter_expression
    asked = threading.Semaphore(0)
    requests = [asked] * 3  # those that the first to look waits for

    def condition_when_all_have_asked(*arguments: object) -> object:
        while requests:  # between the look at the old item and the write of the new one
            requests.pop().acquire(timeout=1200)
        return condition_of(*arguments)

    monkeypatch.setattr(table, "get_filter_expression", condition_when_all_have_asked)
    call_action = DynamoHandler.call_action

    def ask(handler: DynamoHandler) -> object:
        asked.release()
        return call_action(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", ask)
    won: list[int] = []

    def write(number: int) -> None:
        try:
            put(stack, "race", "A", ConditionExpression="attribute_not_exists(pk)")
        except ClientError:
            return
        won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def everything(stack: SmallStack, pk: str) -> list[dict[str, Any]]:
    found = stack.emulator.client("dynamodb").query(
        TableName=stack.emulator.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )
    return list(found["Items"])


def transaction(stack: SmallStack, pk: str, *, there: bool) -> list[dict[str, Any]]:
    """Changes A and NEW, removes B, makes C; asks that D is there, or is not."""
    table = stack.emulator.outputs["TableName"]
    update = {
        "UpdateExpression": "SET jobId = :new, #n = :one",
        "ExpressionAttributeNames": {"#n": "number"},
        "ExpressionAttributeValues": {":new": {"S": "changed"}, ":one": {"N": "1"}},
    }
    condition = "attribute_exists(pk)" if there else "attribute_not_exists(pk)"
    key = {"pk": {"S": pk}}
    return [
        {"Update": {"TableName": table, "Key": key | {"sk": {"S": "A"}}, **update}},
        {"Update": {"TableName": table, "Key": key | {"sk": {"S": "NEW"}}, **update}},
        {"Delete": {"TableName": table, "Key": key | {"sk": {"S": "B"}}}},
        {"Put": {"TableName": table, "Item": key | {"sk": {"S": "C"}}}},
        {
            "ConditionCheck": {
                "TableName": table,
                "Key": key | {"sk": {"S": "D"}},
                "ConditionExpression": condition,
            }
        },
    ]


def test_transaction_that_is_cancelled_changes_nothing(stack: SmallStack) -> None:
    for sk in "ABD":
        put(stack, "cancelled", sk)
    before = everything(stack, "cancelled")
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            stack.emulator.client("dynamodb").transact_write_items(
                TransactItems=transaction(stack, "cancelled", there=False)
            )
        assert refused.value.response["Error"]["Code"] == "TransactionCanceledException"
        assert everything(stack, "cancelled") == before


def test_transaction_that_is_cancelled_changes_nothing_of_any_hash_key(stack: SmallStack) -> None:
    keys = ("first", "second", "third")
    for pk in keys:
        for sk in "ABD":
            put(stack, pk, sk)
    before = [everything(stack, pk) for pk in keys]
    changes = [
        *transaction(stack, "first", there=True),
        *transaction(stack, "new", there=True)[:2],
        *transaction(stack, "second", there=False),
    ]

    with pytest.raises(ClientError):
        stack.emulator.client("dynamodb").transact_write_items(TransactItems=changes)

    assert [everything(stack, pk) for pk in keys] == before
    assert everything(stack, "new") == []


def test_transaction_that_passes_changes_everything(stack: SmallStack) -> None:
    for sk in "ABD":
        put(stack, "passed", sk)
    stack.emulator.client("dynamodb").transact_write_items(
        TransactItems=transaction(stack, "passed", there=True)
    )
    jobs = {item["sk"]["S"]: item.get("jobId") for item in everything(stack, "passed")}
    changed = {"S": "changed"}
    assert jobs == {"A": changed, "C": None, "D": {"S": "job-of-passed"}, "NEW": changed}


def test_transaction_copies_no_item_but_those_it_updates(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sk in "ABD":
        put(stack, "copied", sk)
    copied: list[str] = []
    copy_item = Item.__deepcopy__

    def note_and_copy(item: Item, memo: Any) -> Any:
        copied.append(item.range_key.value)
        return copy_item(item, memo)

    monkeypatch.setattr(Item, "__deepcopy__", note_and_copy)
    stack.emulator.client("dynamodb").transact_write_items(
        TransactItems=transaction(stack, "copied", there=True)
    )
    assert "A" in copied  # moto changes it in place, so that it is copied before
    assert {"B", "D"}.isdisjoint(copied)


def of_job(stack: SmallStack, job_id: str) -> list[str]:
    """The keys of the items that the index has for a job, in its order."""
    found = stack.emulator.client("dynamodb").query(
        TableName=stack.emulator.outputs["TableName"],
        IndexName="ByJobId",
        KeyConditionExpression="jobId = :id",
        ExpressionAttributeValues={":id": {"S": job_id}},
    )
    return [f"{item['pk']['S']} {item['sk']['S']}" for item in found["Items"]]


def test_index_follows_every_kind_of_write(stack: SmallStack) -> None:
    client, table = stack.emulator.client("dynamodb"), stack.emulator.outputs["TableName"]
    assert of_job(stack, "job-of-written") == []  # from now on, the index's items are known
    key = {"pk": {"S": "written"}, "sk": {"S": "A"}}

    put(stack, "written", "B")
    put(stack, "written", "A")
    assert of_job(stack, "job-of-written") == ["written A", "written B"]

    client.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET jobId = :id",
        ExpressionAttributeValues={":id": {"S": "other"}},
    )
    assert of_job(stack, "job-of-written") == ["written B"]
    assert of_job(stack, "other") == ["written A"]

    client.update_item(TableName=table, Key=key, UpdateExpression="REMOVE jobId")
    assert of_job(stack, "other") == []

    client.delete_item(TableName=table, Key=key | {"sk": {"S": "B"}})
    assert of_job(stack, "job-of-written") == []

    client.delete_item(TableName=table, Key=key)  # the last one of its hash key
    assert everything(stack, "written") == []

    item = key | {"jobId": {"S": "other"}}
    client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}}]})
    assert of_job(stack, "other") == ["written A"]

    statement = f"DELETE FROM \"{table}\" WHERE pk='written' AND sk='A'"  # noqa: S608 - of this test
    client.execute_statement(Statement=statement)
    assert of_job(stack, "other") == []


def test_index_follows_transactions_that_pass_and_no_others(stack: SmallStack) -> None:
    for sk in "ABD":
        put(stack, "followed", sk)
    before = of_job(stack, "job-of-followed")
    client = stack.emulator.client("dynamodb")

    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=transaction(stack, "followed", there=False))
    assert of_job(stack, "job-of-followed") == before == [f"followed {sk}" for sk in "ABD"]

    client.transact_write_items(TransactItems=transaction(stack, "followed", there=True))
    assert of_job(stack, "job-of-followed") == ["followed D"]
    assert {"followed A", "followed NEW"} <= {*of_job(stack, "changed")}


def test_query_looks_at_no_item_of_another_key(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pk in ("one", "two", "three"):
        put(stack, pk, "A")
    of_job(stack, "job-of-one")
    looked_at: list[int] = []
    all_items = table.Table.all_items

    def noted(own: table.Table) -> list[Item]:
        found: list[Item] = all_items(own)
        looked_at.append(len(found))
        return found

    monkeypatch.setattr(table.Table, "all_items", noted)

    assert of_job(stack, "job-of-one") == ["one A"]
    assert len(everything(stack, "two")) == 1
    assert looked_at == [1, 1]
