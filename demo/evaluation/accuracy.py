"""How a demo run compares with the planted truth, on a terminal."""

from rich.console import Console
from rich.text import Text

from cli.accuracy.tallies import Rate, Tally
from cli.screen.tables import new_table, print_table
from demo.evaluation.evaluate import Bounds, Evaluation

_MOST_DISAGREEMENTS = 5
_ROWS = ("planted", "found", "other genotype", "false calls", "recall", "precision")


def print_accuracy(console: Console, evaluation: Evaluation, bounds: Bounds) -> tuple[str, ...]:
    """Print what was measured; return one line for each bound that was missed."""
    alignment = evaluation.alignment
    console.print(
        f"Alignment: {alignment.rate:.2%} of {alignment.reads:,} reads aligned, "
        f"{alignment.duplicates:,} duplicates,\n"
        f"  {alignment.on_target_depth:.1f}x mean depth on target"
    )
    kinds = ("SNVs", "indels")
    title = "Variants against the planted truth"
    table = new_table(console, "", *kinds, right=kinds, title=title)
    columns = (
        _column(evaluation.snvs, bounds.snv_recall, bounds.snv_precision),
        _column(evaluation.indels, bounds.indel_recall, bounds.indel_precision),
    )
    for name, *values in zip(_ROWS, *columns, strict=True):
        table.add_row(name, *values)
    print_table(console, table)
    consequences = evaluation.consequences
    console.print(
        f"Consequences: {consequences.fraction:.2%} of {consequences.compared} coding variants "
        f"annotated as\n  the genetic code has it (at least {bounds.consequence_agreement:.0%})"
    )
    for disagreement in consequences.disagreements[:_MOST_DISAGREEMENTS]:
        console.print(Text(f"  {disagreement}", "yellow"))
    return bounds.missed_by(evaluation)


def _column(tally: Tally, recall: float, precision: float) -> tuple[Text, ...]:
    return (
        Text(str(tally.true)),
        Text(str(tally.found)),
        Text(str(tally.other_genotypes)),
        Text(str(tally.called - tally.right)),
        _judged(tally.recall, recall),
        _judged(tally.precision, precision),
    )


def _judged(rate: Rate, bound: float) -> Text:
    value = rate.value or 0.0
    style = "green" if value >= bound else "bold red"
    return Text(f"{value:.2%} (at least {bound:.0%})", style)
