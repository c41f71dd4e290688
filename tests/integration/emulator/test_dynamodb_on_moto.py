"""What the ledger needs of DynamoDB, tried on moto: conditions, their old items, indexes."""

import threading
import time

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import table

from tests.integration.emulator.small_stack import SmallStack


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

    def condition_after_a_while(*arguments: object) -> object:
        time.sleep(0.1)  # between the look at the old item and the write of the new one
        return condition_of(*arguments)

    monkeypatch.setattr(table, "get_filter_expression", condition_after_a_while)
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
