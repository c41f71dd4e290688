"""`seqstack crate`: describe a folder of results as an RO-Crate."""

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import not_found
from cli.output import print_json, print_line
from cli.session import session_of


def crate(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(help="Folder of one sample's results.", show_default=False)
    ],
    *,
    license_url: Annotated[
        str, typer.Option("--license", metavar="URL", help="The license of the data.")
    ] = "",
) -> None:
    """Describe a folder of results as an RO-Crate.

    Writes ro-crate-metadata.json in the Workflow Run Crate profile: which programs, with which
    versions, commands and inputs, have made which files, with their checksums. The folder is one
    that `seqstack download` or the emulator has filled.
    """
    from cli.crate import write_crate  # noqa: PLC0415 - --help needs none

    if not folder.is_dir():
        raise not_found(f"{folder} is no folder")
    written = write_crate(folder, license_url)
    if session_of(context).options.json:
        print_json({"files": [str(each) for each in written]})
        return
    for file in written:
        print_line(str(file))
