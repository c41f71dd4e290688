"""`python -m tests.harness.chaos`: injects every fault; exits with 1 for any harm."""

import argparse
import logging
import sys
import time
from pathlib import Path

from rich.table import Table
from rich.text import Text

from cli.screen.console import HarmlessConsole
from tests.harness.chaos.play import Row, play
from tests.harness.chaos.world import ChaosWorld

_FILE_WIDTH = 100


def main() -> int:
    """Inject the faults; return 0 if nothing was lost, left running or done twice."""
    options = _parser().parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    console, began = HarmlessConsole(), time.monotonic()
    if not console.is_terminal:
        console = HarmlessConsole(width=_FILE_WIDTH)
    with console.status("Deploying") as status, ChaosWorld(options.built, options.seed) as world:
        rows = play(world, is_short=options.short, tell=lambda what: status.update(f"Now {what}"))
    console.print(_table(rows))
    for row in rows:
        for problem in row.problems:
            console.print(Text(problem, "bold red"), soft_wrap=True)
    seconds = time.monotonic() - began
    runs = len({run.run_id for row in rows for run in row.runs})
    wrong = sum(not row.is_right for row in rows)
    style = "bold red" if wrong else "bold green"
    verdict = f"{wrong} faults did harm" if wrong else "no fault did harm"
    console.print(Text(f"{runs} runs in {seconds:.0f} s, seed {options.seed}: {verdict}.", style))
    return 1 if wrong else 0


def _table(rows: list[Row]) -> Table:
    table = Table(title="Chaos", title_justify="left")
    table.add_column("fault", no_wrap=True)
    for heading in ("injected", "runs", "ended right", "jobs left", "rows wrong"):
        table.add_column(heading, justify="right")
    for row in rows:
        numbers = (row.injected, len(row.runs), row.ended_right, row.jobs_left, row.rows_wrong)
        table.add_row(row.fault, *map(str, numbers), style="" if row.is_right else "bold red")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.harness.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the random choices")
    parser.add_argument("--short", action="store_true", help="fewer runs: under a minute")
    parser.add_argument(
        "--built",
        type=Path,
        default=Path(".aws-sam/build/template.yaml"),
        help="what `sam build` has built",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
