"""Answers to the task tokens that state machines wait on."""

import json
from collections.abc import Callable, Mapping

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.failures import Failure

# the task or its execution has ended: the answer is no longer needed
_NO_LONGER_VALID = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class TaskTokens:
    """Answers the task tokens of state machines."""

    def succeed(self, token: str, output: Mapping[str, object]) -> bool:
        """Answer with success; False if the token is no longer valid."""
        return _answered(
            lambda: client("stepfunctions").send_task_success(
                taskToken=token, output=json.dumps(output)
            )
        )

    def fail(self, token: str, failure: Failure) -> bool:
        """Answer with failure; False if the token is no longer valid."""
        shown = failure.within_limits()
        return _answered(
            lambda: client("stepfunctions").send_task_failure(
                taskToken=token, error=shown.error, cause=shown.cause
            )
        )


def _answered(answer: Callable[[], object]) -> bool:
    try:
        with translated_errors():
            answer()
    except ClientError as error:
        if error.response["Error"]["Code"] in _NO_LONGER_VALID:
            return False
        raise
    return True
