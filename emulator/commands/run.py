"""`python -m emulator run`: your own files through the stack on this machine."""

from pathlib import Path

from rich.console import Console

from cli.screen.run_table import print_failure, print_run
from emulator.commands.sample_run import run_sample
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.local_sample import LocalSample
from emulator.screen import print_files


def run(
    sample: LocalSample, results: Path, console: Console, engine: ContainerEngine | None = None
) -> bool:
    """Run one sample, its jobs as containers of `engine` or as processes; True if it succeeded."""
    finished = run_sample(sample, results, console, engine)
    print_run(console, finished.view)
    print_failure(console, finished.view)
    if finished.files:
        print_files(console, finished.folder, finished.files)
    return finished.succeeded
