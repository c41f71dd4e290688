"""`seqstack ui`: the stack's runs as pages in the browser."""

from typing import Annotated

import typer

from cli.ending import awaited_end
from cli.options import number_option
from cli.output import print_json_line, print_line
from cli.session import session_of


def ui(
    context: typer.Context,
    *,
    port: Annotated[
        int, number_option(low=0, high=65535, help="The port of this machine; 0: any free one.")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the link, and open no browser.")
    ] = False,
) -> None:
    """Show runs as pages in the browser of this machine.

    The pages use your credentials. Whoever has the link can do with the stack what you can, until
    Ctrl-C ends the command.
    """
    from cli.ui.opening import open_pages  # noqa: PLC0415 - werkzeug is slow to load
    from cli.ui.server import serving  # noqa: PLC0415 - and boto3

    session = session_of(context)
    with serving(session, port) as guard, awaited_end() as wait_for_end:
        if session.options.json:
            print_json_line({"url": guard.link()})
        else:
            print_line(f"The pages are at {guard.link()}")
            session.say("Ctrl-C ends them.")
        if not no_browser:
            open_pages(guard)
        wait_for_end()
