"""`seqstack logs`: the log of a step's job: last lines, all, or new ones."""

from dataclasses import replace
from typing import Annotated

import typer

from cli.client import LogQuery
from cli.errors import CliError, ExitCode, interrupted, not_found
from cli.log_lines import lines_as_they_come, lines_from_start
from cli.options import number_option
from cli.output import print_json, print_json_line, print_line
from cli.session import Session, session_of
from cli.shapes.runs import LogLine, RunDetail

_STEPS = ("align", "callVariants", "annotate", "alignmentStats", "targetMetrics")


def _complete_step(incomplete: str) -> list[str]:
    return [step for step in _STEPS if step.startswith(incomplete)]


def logs(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    step: Annotated[
        str,
        typer.Argument(
            help="The step. Default: the one that failed, otherwise the newest.",
            autocompletion=_complete_step,
        ),
    ] = "",
    *,
    attempt: Annotated[int, number_option(low=0, help="The try; 0 is the newest.")] = 0,
    tail: Annotated[
        int, number_option("--tail", "-n", low=1, high=1000, help="Number of last lines.")
    ] = 100,
    every: Annotated[bool, typer.Option("--all", help="All lines, from the first.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Follow new lines until the job ends.")
    ] = False,
) -> None:
    """Show the log of a step's job.

    The last lines, or all of them; with --follow and --json, an object for each line.
    """
    session = session_of(context)
    step = step or _interesting_step(session.api.get_run(run))
    query = LogQuery(step, attempt, tail)
    try:
        if follow:
            _follow(session, run, replace(query, from_start=every))
        else:
            _show(session, run, query, every=every)
    except CliError as error:
        if error.exit_code is ExitCode.NOT_FOUND:
            error.hint = _where_to_look(session, run, step)
        raise


def _show(session: Session, run: str, query: LogQuery, *, every: bool) -> None:
    if every and session.options.json:
        pages = list(lines_from_start(session.api, run, query))
        print_json({**pages[-1], "lines": [line for page in pages for line in page["lines"]]})
    elif every:
        for page in lines_from_start(session.api, run, query):
            _print(page["lines"])
    else:
        page = session.api.get_log(run, query)
        if session.options.json:
            print_json(page)
        else:
            _print(page["lines"])
            if not page["lines"]:
                session.say(f"Job {page['jobId']} ({page['jobState']}) has written nothing yet.")


def _follow(session: Session, run: str, query: LogQuery) -> None:
    try:
        for line in lines_as_they_come(session.api, run, query):
            if session.options.json:
                print_json_line(line)
            else:
                _print([line])
    except KeyboardInterrupt:
        raise interrupted("The job is still running.") from None


def _interesting_step(run: RunDetail) -> str:
    steps = [step for step in run["steps"] if step["jobs"]]
    failed = [step for step in steps if step["state"] == "FAILED"]
    if not steps:
        raise not_found(f"run {run['runId']} has no job yet", "try again in a minute")
    return max(failed or steps, key=lambda step: step["startedAt"] or "")["step"]


def _where_to_look(session: Session, run_id: str, step: str) -> str:
    """The hint for a missing log; raises CliError if its run does not exist."""
    for each in session.api.get_run(run_id)["steps"]:
        if each["step"] == step and each["reusedFrom"]:
            return f"`{session.options.command('logs', each['reusedFrom'], step)}` shows it"
    return f"`{session.options.command('status', run_id)}` shows the run's steps and their attempts"


def _print(lines: list[LogLine]) -> None:
    for line in lines:
        print_line(line["message"].rstrip("\r\n"))
