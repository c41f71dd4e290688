"""`python -m emulator run`: your own files through the stack on this machine."""

from pathlib import Path

from rich.console import Console

from cli.screen.run_table import print_run
from emulator.commands.sample_run import run_sample
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.local_sample import LocalSample
from emulator.screen import print_files, print_state


def run(
    sample: LocalSample,
    results: Path,
    console: Console,
    engine: ContainerEngine | None = None,
    *,
    state: Path,
) -> bool:
    """Run one sample, its jobs as containers of `engine` or as processes; True if it succeeded.

    Finished steps are kept in `state`.
    """
    finished = run_sample(sample, results, console, engine, state)
    print_run(console, finished.view)
    if finished.files:
        print_files(console, finished.folder, finished.files)
    print_state(console, state)
    return finished.succeeded
