"""Answers to the task tokens that state machines wait on."""

import json
from collections.abc import Callable, Mapping

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.failures import Failure

# the task ended otherwise, or its execution did: nobody waits for the answer
_NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


class TaskTokens:
    """Wakes the state machine that waits on a token."""

    def succeed(self, token: str, output: Mapping[str, object]) -> bool:
        """Answer with success; False if nobody waits on the token any more."""
        return _answered(
            lambda: client("stepfunctions").send_task_success(
                taskToken=token, output=json.dumps(output)
            )
        )

    def fail(self, token: str, failure: Failure) -> bool:
        """Answer with failure; False if nobody waits on the token any more."""
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
        if error.response["Error"]["Code"] in _NOBODY_WAITS:
            return False
        raise
    return True
