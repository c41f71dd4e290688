"""What the commands that start runs have in common: files on their way, and a started run."""

from typing import Annotated, Any

import typer

from cli.errors import interrupted
from cli.output import print_json, print_line
from cli.run_input import UPLOADS_KEPT, local_files
from cli.session import Session
from cli.shapes.runs import RunSummary
from cli.watch import follow

IdempotencyKeyOption = Annotated[
    str,
    typer.Option(metavar="TEXT", help="Repetitions with the same key start only one run."),
]
WatchOption = Annotated[
    bool,
    typer.Option("--watch", "-w", help="Follow the run to its end; exit status 1 if it failed."),
]


def with_files_sent(
    session: Session, document: dict[str, Any], *, with_indexes: bool = True
) -> dict[str, Any]:
    """The input with a URI in place of each file of this machine, which is sent first.

    Raises:
        CliError: a file can't be sent, or Ctrl-C; nothing was started.
    """
    if not local_files(document):
        return document
    try:
        return session.send_files(document, with_indexes=with_indexes)
    except KeyboardInterrupt:
        message = "Files were still being uploaded; nothing was started."
        raise interrupted(message, [UPLOADS_KEPT]) from None


def tell_start(session: Session, started: RunSummary, *, watch: bool) -> None:
    """Say that a run has started, or follow it to its end, which is the exit status."""
    run_id = started["runId"]
    if watch:
        session.say(f"Run {run_id} has started.")
        raise typer.Exit(follow(session, run_id))
    if session.options.json:
        print_json(started)
    else:
        print_line(f"Run {run_id} has started.")
        print_line(f"Look: {session.options.command('status', run_id, '--watch')}")
