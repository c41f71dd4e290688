"""Print a run's images and result files on a terminal."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console

from cli.interpreter import python_command
from cli.screen.tables import new_table, print_table
from cli.screen.text import size_text
from emulator.engine.state.folder import StateFolder
from emulator.local_sample import LocalSample
from seqstack.domain.results import QC_REPORT, REPORT


def print_files_read(console: Console, sample: LocalSample, sheet: Path | None) -> None:
    """Print what is read."""
    reads = (*sample.fastq1, *sample.fastq2, *sample.reads)
    what = f"Sheet of samples: {sheet}" if sheet else f"Sample {sample.sample_id}: {_listed(reads)}"
    beside = filter(None, (sample.annotation, sample.targets, sample.sites))
    console.print(what, soft_wrap=True)
    console.print(f"Reference: {_listed((sample.reference, *beside))}", soft_wrap=True)


def print_places(console: Console, folder: Path, state: Path) -> None:
    """Print where results and finished steps go."""
    console.print(f"Results go to {folder}, finished steps to {state}", soft_wrap=True)


def print_images(console: Console, engine: str, revisions: Mapping[str, str]) -> None:
    """Print the jobs' images, and the revision of this repository that each was built from."""
    images = ", ".join(f"{image} ({revision[:7]})" for image, revision in revisions.items())
    console.print(f"Jobs run as containers of {engine}: {images}", soft_wrap=True)


def print_files(console: Console, folder: Path, files: list[Path]) -> None:
    """Print the result files with their sizes, below `folder`, and where the reports are."""
    table = new_table(console, "file", "size", right=("size",), title=f"Results in {folder}")
    for path in sorted(files):
        table.add_row(str(path.relative_to(folder)), size_text(path.stat().st_size))
    print_table(console, table)
    for name, page in (("The run's report", REPORT), ("MultiQC's report", QC_REPORT)):
        if folder / page in files:
            console.print(f"{name}: {folder / page}", soft_wrap=True)


def print_state(console: Console, folder: Path) -> None:
    """Print where finished steps are kept, what they take, and how to see their runs."""
    size = size_text(StateFolder(folder).size().bytes)
    serve = ("emulator", "serve", "--ui", "--state", str(folder))
    console.print(
        f"Finished steps are kept in {folder} ({size}); "
        f"`{python_command('emulator', 'clean', str(folder))}` removes them.",
        f"In the browser: `{python_command(*serve)}`",
        sep="\n",
        soft_wrap=True,
    )


def _listed(paths: Iterable[Path]) -> str:
    return ", ".join(map(str, paths))
