"""What the API refuses, as an error with a cure."""

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
_CURES = {
    ExitCode.USAGE: "`--help` and docs/cli.md tell what can be given",
    ExitCode.NOT_FOUND: "`{runs}` shows the runs",
    ExitCode.UNAVAILABLE: "try again; `{doctor}` looks for what is wrong",
}
_CURES_OF_REFERENCES = {
    404: "`{references}` shows the references",
    409: "`{running}` shows the runs that go on",
}
_CURES_BY_STATUS = {
    401: "get a new token and give it by --token or SEQSTACK_TOKEN",
    403: "use credentials that have execute-api:Invoke on the stack's API, or give --token if it "
    "takes tokens; `{doctor}` shows who you are",
    409: "`{run}` shows the run",
    429: "try again in a minute",
}


def refusal(
    answer: Answer, operation: str, command: Callable[..., str], run_id: str = ""
) -> CliError:
    """The error for an answer that is none of the expected ones.

    Problem details (RFC 9457) speak for themselves; API Gateway's own answers have `message`.
    `command` words the commands that are advised; `run_id` is the run that was to be changed.
    """
    problem = _document(answer.body)
    code = _CODES.get(answer.status, ExitCode.UNAVAILABLE)
    cures = _CURES_BY_STATUS
    if operation.partition(" ")[2].startswith("/references"):
        cures = cures | _CURES_OF_REFERENCES
    cure = cures.get(answer.status, _CURES.get(code, "")).format(
        runs=command("list"),
        run=command("status", run_id),
        doctor=command("doctor"),
        references=command("reference", "list"),
        running=command("list", "--state", "running"),
    )
    if answer.status == 404 and "detail" not in problem:
        message = f"the API has no {operation}"
        return CliError(code, message, "deploy the stack and install seqstack in one version")
    said = problem.get("detail") or f"the API answers {answer.status}: {_message(problem)}"
    fields = [f"{each['field']}: {each['detail']}" for each in problem.get("errors", [])]
    # of a 403 of the stack's own, its detail says the cure
    is_said = bool(fields) or (answer.status == 403 and "detail" in problem)
    return CliError(code, said, "" if is_said else cure, fields)


def _message(answer: dict[str, Any]) -> str:
    return str(answer.get("message") or "it does not say why")


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = read_json(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
