"""Questions before something is lost."""

import typer

from cli.errors import interrupted


def confirm_deletion(question: str) -> None:
    """Ask on standard error.

    Raises:
        CliError: the answer is no, or nobody is there to answer.
    """
    try:
        is_wanted = typer.confirm(question, err=True)
    except typer.Abort:  # Ctrl-C, or the end of the input
        is_wanted = False
    if not is_wanted:
        raise interrupted("Nothing was deleted; --yes deletes without asking.")
