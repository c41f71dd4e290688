"""`seqstack stop`: end a run and its jobs."""

from typing import Annotated

import typer

from cli.output import print_json
from cli.session import session_of
from seqstack.domain.plain_text import one_line


def stop(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
) -> None:
    """Stop a run and its jobs.

    Its finished steps stay, and a later run reuses them.
    """
    session = session_of(context)
    stopped = session.api.stop_run(run)
    if session.options.json:
        print_json(stopped)
    else:
        session.console.print(
            f"Run {one_line(stopped['runId'])} is stopped; its jobs end within seconds."
        )
