"""`seqstack outputs`: a run's results in S3."""

from collections import Counter
from typing import Annotated

import typer

from cli.options import number_option
from cli.output import print_json, print_line
from cli.screen.tables import print_unbroken
from cli.screen.text import moment_text
from cli.session import Session, session_of
from cli.shapes.outputs import Output, OutputList, common_folder


def outputs(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    *,
    links: Annotated[
        bool, typer.Option("--links", help="With a link to each; links need no credentials.")
    ] = False,
    link_seconds: Annotated[
        int, number_option(low=60, high=3600, help="How long the links are valid.")
    ] = 900,
) -> None:
    """List a run's outputs, with links on request.

    `seqstack download` fetches them. If an object was replaced, the version that the run wrote is
    listed and linked. An object whose version was not recorded is `unknown` and has no link. Anyone
    with a link can read the data until the link expires.
    """
    session = session_of(context)
    made = session.api.list_outputs(run, link_seconds if links else None)
    if session.options.json:
        print_json(made)
    elif not made["outputs"]:
        session.say("The run has no outputs yet.")
    elif links:
        _show_links(session, made)
    else:
        shared = ""
        if session.console.is_terminal:  # a pipe gets whole addresses
            shared = common_folder(each["s3Uri"] for each in made["outputs"])
            print_line(f"Objects in {shared}")
        rows = [
            (each["step"], each["s3Uri"].removeprefix(shared), _state_text(each))
            for each in made["outputs"]
        ]
        print_unbroken(session.console, ("step", "object", "state"), rows)
    _warn_of_others(session, made)


def _state_text(output: Output) -> str:
    """The state; with the version if the name alone leads to another object."""
    version = output["versionId"] if output["state"] == "replaced" else None
    return f"{output['state']}, version {version}" if version else output["state"]


def _warn_of_others(session: Session, made: OutputList) -> None:
    states = Counter(each["state"] for each in made["outputs"])
    unknown, others = states["unknown"], states["replaced"] + states["gone"]
    if session.options.json:
        return
    if others:
        session.say(
            f"{others} of these were replaced or deleted; replaced versions are kept for 30 days."
        )
    if unknown:
        session.say(
            f"It is unknown whether {unknown} of these are the run's own, because its versions "
            "were not recorded. S3's list of versions may still have them."
        )


def _show_links(session: Session, made: OutputList) -> None:
    rows = [
        (each["step"], each["s3Uri"], each["link"] or each["state"]) for each in made["outputs"]
    ]
    if session.console.is_terminal:
        for _, uri, link in rows:
            print_line(uri)
            print_line(f"  {link}")
    else:
        print_unbroken(session.console, ("step", "object", "link"), rows)
    session.say(f"The links expire at {moment_text(made['linksExpireAt'])}.")
