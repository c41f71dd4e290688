"""Histories of executions, from Step Functions."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.cost.executions import ExecutionCount, count_events


def count_executions(execution_arn: str) -> ExecutionCount | None:
    """Count an execution and those that it has started; None if Step Functions has forgotten it.

    Histories are kept for 90 days.
    """
    try:
        with translated_errors():
            own = count_events(_events(execution_arn))
            return sum((count_events(_events(arn)) for arn in own.nested), own)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"ExecutionDoesNotExist", "InvalidArn"}:
            raise
        return None


def _events(execution_arn: str) -> Iterator[Any]:
    pages = client("stepfunctions").get_paginator("get_execution_history")
    for page in pages.paginate(
        executionArn=execution_arn, includeExecutionData=True, PaginationConfig={"PageSize": 1000}
    ):
        yield from page["events"]
