"""How a demo run compares with the planted truth, on a terminal."""

from rich.console import Console
from rich.text import Text

from cli.screen.tables import new_table, print_table
from demo.evaluation.concordance import Concordance
from demo.evaluation.evaluate import Bounds, Evaluation

_MOST_DISAGREEMENTS = 5
_ROWS = ("planted", "found", "false calls", "recall", "precision", "right genotype")


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


def _column(concordance: Concordance, recall: float, precision: float) -> tuple[Text, ...]:
    return (
        Text(str(concordance.found + concordance.missed)),
        Text(str(concordance.found)),
        Text(str(concordance.invented)),
        _judged(concordance.recall, recall),
        _judged(concordance.precision, precision),
        Text(f"{concordance.genotype_concordance:.2%}"),
    )


def _judged(value: float, bound: float) -> Text:
    style = "green" if value >= bound else "bold red"
    return Text(f"{value:.2%} (at least {bound:.0%})", style)
