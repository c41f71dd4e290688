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
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of this run's files alone, such as results/NA12878.", show_default=False
        ),
    ],
    *,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace other files of the same names.")
    ] = False,
) -> None:
    """Copy a run's results to this machine.

    Each file is compared with the size and checksum that its job has recorded. Files that are there
    already are not fetched again, and an interrupted download goes on where it ended. The exit
    status is 1 unless the run has succeeded or missed a gate only, and every file was fetched.
    If reads were aligned in parts, the parts are left out: the BAM has all of them.
    """
    from cli.downloads import (  # noqa: PLC0415 - --help needs none of it
        LINK_SECONDS,
        Links,
        results,
        wanted_files,
    )
    from cli.downloads import download as fetch  # noqa: PLC0415 - as above
    from cli.earlier_results import (  # noqa: PLC0415 - as above
        files_of_other_runs,
        set_accuracy_aside,
    )
    from cli.screen.progress import Transfers  # noqa: PLC0415 - as above
    from cli.screen.views import RunView  # noqa: PLC0415 - as above

    session = session_of(context)
    shown = session.api.get_run(run)  # before its outputs, so that an end has them all
    view = RunView.of(shown)
    links = Links(lambda: session.api.list_outputs(run, LINK_SECONDS))
    listed = links.renew()
    outputs = results(listed)
    wanted = [each for each in wanted_files(listed, folder) if each.output in outputs]
    left = [each for each in outputs if not each["link"]]
    others = files_of_other_runs(folder, (each["s3Uri"] for each in listed))
    try:
        with Transfers() as progress:
            fetched = fetch(wanted, links, progress, overwrites=overwrite)
    except KeyboardInterrupt:
        raise interrupted("Interrupted. The same command goes on from here.") from None
    if session.options.json:
        print_json(
            {
                "runId": shown["runId"],
                "state": view.state,
                "files": [str(each.place) for each in wanted],
                "fetched": [str(each.place) for each in fetched],
                "left": [each["s3Uri"] for each in left],
                "ofOtherRuns": [str(each) for each in others],
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
    for other in others:
        session.say(f"{other} is another run's, and stays.")
    if aside := set_accuracy_aside(folder):
        session.say(f"The accuracy there is of other calls; it is in {aside} now.")
    if not view.succeeded:
        missing = "" if view.is_complete else "; only what its finished steps have written is there"
        session.say(f"The run is {view.state}{missing}.")
    if left or not view.is_complete:
        raise typer.Exit(1)
