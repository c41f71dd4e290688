"""`seqstack resume`: resume a run that failed or was stopped."""

import time
from typing import Annotated

import typer

from cli.client import new_key
from cli.errors import CliError, ExitCode, usage
from cli.output import print_json, print_line
from cli.session import Session, session_of
from cli.shapes.runs import ResumedRun
from cli.watch import follow

_CHECK_SECONDS, _LOOK_SECONDS = 20.0, 0.5
_REFUSED = "InvalidInputError"


def resume(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    *,
    idempotency_key: Annotated[
        str, typer.Option(metavar="TEXT", help="Repetitions with the same key resume it only once.")
    ] = "",
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", "-w", help="Follow the run to its end; exit status 1 if it failed."
        ),
    ] = False,
) -> None:
    """Resume a run that ended without success.

    A stopped run is redriven if AWS allows it. For any other, a new run is started with the same
    input; it reuses every finished step. Its input is checked again: reads that have failed a run
    as damaged are refused until they have changed. If a key of the input is wrong, start a new run.
    """
    session = session_of(context)
    resumed = session.api.resume_run(run, idempotency_key or new_key())
    if resumed["how"] == "RESTARTED":
        _require_accepted(session, resumed)
    if watch:
        session.say(_told(resumed))
        raise typer.Exit(follow(session, resumed["runId"]))
    if session.options.json:
        print_json(resumed)
    else:
        print_line(_told(resumed))
        print_line(f"Look: {session.options.command('status', resumed['runId'], '--watch')}")


def _require_accepted(session: Session, resumed: ResumedRun) -> None:
    """Wait until the new run's input has been checked; a slow check is not waited for.

    Raises:
        CliError: the input is refused, or the run has failed before its first step.
    """
    until = time.monotonic() + _CHECK_SECONDS
    while time.monotonic() < until:
        try:
            run = session.api.get_run(resumed["runId"])
        except CliError:  # it has been started, and `status` tells more
            return
        if run["steps"]:
            return
        failure = run["failure"]
        if failure and failure["error"] != _REFUSED:
            raise CliError(
                ExitCode.FAILED,
                f"run {resumed['resumedFrom']} is not resumed: run {resumed['runId']} in its place "
                f"has failed",
                f"look: {session.options.command('status', resumed['runId'])}",
                [failure["error"], *failure["cause"].splitlines()],
            )
        if failure:
            raise usage(
                f"run {resumed['resumedFrom']} is not resumed: its input is refused",
                "if a key of the input is wrong, start a new run, since resume takes the same one; "
                "otherwise mend the file or object that it names, and resume it again",
                failure["cause"].splitlines(),
            )
        time.sleep(_LOOK_SECONDS)


def _told(resumed: ResumedRun) -> str:
    if resumed["how"] == "REDRIVEN":
        return f"Run {resumed['runId']} continues."
    return f"Run {resumed['runId']} has started in place of {resumed['resumedFrom']}."
