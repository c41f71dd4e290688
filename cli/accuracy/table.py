"""The accuracy of a sample's calls on a terminal."""

from rich.console import Console

from cli.accuracy.files import Accuracy
from cli.accuracy.page import row_of
from cli.screen.tables import new_table, print_table

_HEAD = ("stratum", "truth", "found", "other GT", "calls", "false", "recall", "precision")


def print_accuracy(console: Console, accuracy: Accuracy) -> None:
    """Print a row for each stratum: counts, recall and precision."""
    table = new_table(console, *_HEAD, right=_HEAD[1:], title=f"Accuracy of {accuracy.subject}")
    for each in accuracy.strata:
        name, *cells, _ = row_of(each)
        table.add_row(name, *(cell.split(" ")[0] for cell in cells))
    print_table(console, table)
