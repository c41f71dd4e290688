"""`seqstack download`: copy a run's results to this machine."""

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import interrupted
from cli.output import print_json, print_line
from cli.session import session_of


def download(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's id.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Folder for the files.", show_default=False)],
    *,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace other files of the same names.")
    ] = False,
) -> None:
    """Copy a run's results to this machine.

    Each file is compared with the size and checksum that its job has recorded. Files that are there
    already are not fetched again, and an interrupted download goes on where it ended.
    """
    from cli.downloads import (  # noqa: PLC0415 - --help needs none of it
        LINK_SECONDS,
        Links,
        wanted_files,
    )
    from cli.downloads import download as fetch  # noqa: PLC0415 - as above
    from cli.screen.progress import Transfers  # noqa: PLC0415 - as above

    session = session_of(context)
    links = Links(lambda: session.api.list_outputs(run, LINK_SECONDS))
    outputs = links.renew()
    wanted = wanted_files(outputs, folder)
    left = [each for each in outputs if not each["link"]]
    try:
        with Transfers() as progress:
            fetched = fetch(wanted, links, progress, overwrites=overwrite)
    except KeyboardInterrupt:
        raise interrupted("Interrupted. The same command goes on from here.") from None
    if session.options.json:
        print_json(
            {
                "runId": run,
                "files": [str(each.place) for each in wanted],
                "fetched": [str(each.place) for each in fetched],
                "left": [each["s3Uri"] for each in left],
            }
        )
    else:
        if not outputs:
            session.say("The run has no outputs yet.")
        for file in fetched:
            print_line(str(file.place))
        session.say(f"{len(wanted)} files in {folder}, {len(fetched)} of them fetched now.")
    for each in left:
        session.say(f"{each['s3Uri']} is {each['state']}, and was not fetched.")
    if left:
        raise typer.Exit(1)
