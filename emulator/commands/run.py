"""`python -m emulator run`: your own files through the stack on this machine."""

from pathlib import Path

from rich.console import Console

from emulator.commands.sample_run import run_sample
from emulator.local_sample import LocalSample
from emulator.screen.summary import print_failure, print_files, print_steps


def run(sample: LocalSample, results: Path, console: Console) -> bool:
    """Run one sample and tell what came of it; True if it succeeded."""
    finished = run_sample(sample, results, console)
    print_steps(console, finished.view)
    print_failure(console, finished.view)
    if finished.files:
        print_files(console, finished.folder, finished.files)
    return finished.succeeded
