"""Convert the API's refusals to errors with hints."""

from collections.abc import Callable
from typing import Any

from cli.errors import CliError, ExitCode
from cli.json_text import read_json
from cli.sending import Answer

_CODES = {
    400: ExitCode.USAGE,
    401: ExitCode.NO_ACCESS,
    403: ExitCode.NO_ACCESS,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.CONFLICT,
    413: ExitCode.USAGE,
    415: ExitCode.USAGE,
    422: ExitCode.USAGE,
}
_HINTS = {
    ExitCode.USAGE: "see `--help` and docs/cli.md",
    ExitCode.NOT_FOUND: "`{runs}` shows the runs",
    ExitCode.UNAVAILABLE: "try again; `{doctor}` checks for problems",
}
_HINTS_OF_REFERENCES = {
    404: "`{references}` shows the references",
    409: "`{running}` shows the running runs",
}
_HINTS_OF_COHORTS = {
    404: "`{cohorts}` shows the cohorts",
    409: "",
}
_HINTS_BY_STATUS = {
    401: "get a new token and give it by --token or SEQSTACK_TOKEN",
    403: "use credentials that have execute-api:Invoke on the stack's API, or give --token if it "
    "accepts tokens; `{doctor}` shows who you are",
    409: "`{run}` shows the run",
    429: "try again in a minute",
}


def refusal(
    answer: Answer, operation: str, command: Callable[..., str], run_id: str = ""
) -> CliError:
    """The error for an unexpected answer.

    Problem details (RFC 9457) have their own text; API Gateway's answers have `message`. `command`
    builds the commands in hints; `run_id` is the run of the request.
    """
    problem = _document(answer.body)
    code = _CODES.get(answer.status, ExitCode.UNAVAILABLE)
    hints = _HINTS_BY_STATUS
    if operation.partition(" ")[2].startswith("/references"):
        hints = hints | _HINTS_OF_REFERENCES
    if operation.partition(" ")[2].startswith("/cohorts"):
        hints = hints | _HINTS_OF_COHORTS
    hint = hints.get(answer.status, _HINTS.get(code, "")).format(
        runs=command("list"),
        run=command("status", run_id),
        doctor=command("doctor"),
        references=command("reference", "list"),
        cohorts=command("cohort", "list"),
        running=command("list", "--state", "running"),
    )
    if answer.status == 404 and "detail" not in problem:
        message = f"the API has no {operation}"
        return CliError(code, message, "deploy the stack and install seqstack in the same version")
    said = problem.get("detail") or f"the API answers {answer.status}: {_message(problem)}"
    fields = [f"{each['field']}: {each['detail']}" for each in problem.get("errors", [])]
    # the detail of the stack's own 403 includes the hint
    is_said = bool(fields) or (answer.status == 403 and "detail" in problem)
    return CliError(code, said, "" if is_said else hint, fields)


def _message(answer: dict[str, Any]) -> str:
    return str(answer.get("message") or "without a reason")


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = read_json(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
