"""How a demo run compares with the planted truth, on a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emulator.exome.concordance import Concordance
from emulator.exome.evaluate import Bounds, Evaluation

_MOST_DISAGREEMENTS = 5


def print_accuracy(console: Console, evaluation: Evaluation, bounds: Bounds) -> tuple[str, ...]:
    """Print what was measured; return one line for each bound that was missed."""
    alignment = evaluation.alignment
    console.print(
        f"[bold]Alignment[/]   {alignment.rate:.2%} of {alignment.reads:,} reads aligned, "
        f"{alignment.duplicates:,} duplicates, mean depth on target {alignment.on_target_depth:.1f}x"
    )
    table = Table(title="Variants against the planted truth", title_justify="left")
    table.add_column("")
    for heading in ("planted", "found", "invented", "recall", "precision", "genotypes right"):
        table.add_column(heading, justify="right")
    _add(table, "SNVs", evaluation.snvs, bounds.snv_recall, bounds.snv_precision)
    _add(table, "indels", evaluation.indels, bounds.indel_recall, bounds.indel_precision)
    console.print(table)
    consequences = evaluation.consequences
    console.print(
        f"[bold]Consequences[/]  {consequences.fraction:.2%} of {consequences.compared} coding "
        f"variants annotated as the genetic code has it (at least "
        f"{bounds.consequence_agreement:.0%})"
    )
    for disagreement in consequences.disagreements[:_MOST_DISAGREEMENTS]:
        console.print(Text(f"  {disagreement}", "yellow"))
    return bounds.missed_by(evaluation)


def _add(
    table: Table, name: str, concordance: Concordance, recall: float, precision: float
) -> None:
    table.add_row(
        name,
        str(concordance.found + concordance.missed),
        str(concordance.found),
        str(concordance.invented),
        _judged(concordance.recall, recall),
        _judged(concordance.precision, precision),
        f"{concordance.genotype_concordance:.2%}",
    )


def _judged(value: float, bound: float) -> Text:
    return Text(f"{value:.2%} (≥ {bound:.0%})", "green" if value >= bound else "bold red")
