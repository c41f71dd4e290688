"""Failures as Step Functions passes them on, and the original failure inside."""

import json
from dataclasses import dataclass

_DEEPEST = 10  # levels of nested executions; a run has two


@dataclass(frozen=True, slots=True)
class Failure:
    """An error's name and cause, as in a `Fail` state."""

    error: str
    cause: str

    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
    MAX_ERROR_CHARACTERS = 256
    MAX_CAUSE_CHARACTERS = 32_768

    def within_limits(self) -> "Failure":
        """This failure within Step Functions' limits: a long cause is cut in the middle.

        Lone surrogates, which UTF-8 can't encode, are escaped.
        """
        cause, gap = _encodable(self.cause), "\n[…]\n"
        if len(cause) > self.MAX_CAUSE_CHARACTERS:
            half = (self.MAX_CAUSE_CHARACTERS - len(gap)) // 2
            cause = cause[:half] + gap + cause[-half:]
        return Failure(_encodable(self.error)[: self.MAX_ERROR_CHARACTERS], cause)


def why_and_log(cause: str) -> tuple[list[str], list[str]]:
    """Lines of a cause: why and what to do, and the failed job with the end of its log, if any."""
    lines = cause.splitlines()
    jobs = (number for number, line in enumerate(lines) if ", log stream " in line)
    first = next(jobs, len(lines))
    return lines[:first], lines[first:]


def reason(failure: Failure) -> str:
    """The failure in one line: the error, how it came to it, and what a failed job has said."""
    why, log = why_and_log(failure.cause.strip())
    told = why if log else [*why[:1], *why[1:][-1:]]
    return ": ".join(filter(None, [failure.error, "; ".join(told)]))


def real_failure(error: str, cause: str) -> Failure:
    """Unwrap the failure that a Catch received.

    Step Functions puts JSON into the cause of a failed Lambda task (`errorType`, `errorMessage`)
    and of a failed nested execution (DescribeExecution's answer: `Error`, `Cause`, `Status`); the
    nested execution's cause can be such JSON again. The answer is within Step Functions' limits.
    """
    for _ in range(_DEEPEST):
        inner = _unwrap_once(error, cause)
        if inner is None:
            break
        error, cause = inner
    return Failure(error, cause).within_limits()


def _encodable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _unwrap_once(error: str, cause: str) -> tuple[str, str] | None:
    try:
        record = json.loads(cause)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    # these are always texts; other keys may have other types
    texts = {key: value for key, value in record.items() if isinstance(value, str)}
    if "errorMessage" in texts:
        return texts.get("errorType", error), texts["errorMessage"]
    if "ExecutionArn" in texts:
        status = texts.get("Status", "FAILED")
        return (
            texts.get("Error") or f"Execution{status.title().replace('_', '')}",
            texts.get("Cause") or f"{texts['ExecutionArn']} ended as {status}",
        )
    return None
