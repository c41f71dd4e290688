"""Run one sample from this machine in the emulator. Used by the commands demo and run."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.screen.progress import RunProgress
from cli.screen.text import duration_text
from emulator.commands.local_runs import (
    FinishedRun,
    LocalRuns,
    PreparedReference,
    local_runs,
    require_ready,
)
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.local_results import require_room
from emulator.local_sample import LocalSample
from emulator.sample_checks import check_sample
from emulator.screen import print_images, print_places
from emulator.staging import preparing_tools
from emulator.tools import require_programs
from seqstack.tools.fastp import FASTP_PROGRAM


def run_sample(
    sample: LocalSample,
    results: Path,
    console: Console,
    engine: ContainerEngine | None = None,
    state: Path | None = None,
) -> FinishedRun:
    """Deploy the built stack, prepare the reference unless it has its indexes beside it, run the
    sample, and copy its results to `results/<sampleId>/`.

    They replace earlier results once the run has succeeded. If it fails, the outputs of its
    finished steps are copied only if there are no earlier results. The jobs run as containers of
    `engine`, or without one as processes with the tools on PATH. Only the results remain, and the
    folder `state`, whose finished steps later runs reuse: the emulator ends all its processes and
    removes all scratch folders, also when the user interrupts it.

    Raises:
        LocalSampleError: a file or the id of the sample can't be used, or a file of the user's is
            where a result is to be.
        StateError: `state` can't be used.
        and what `require_ready` raises.
    """
    check_sample(sample)
    require_room(results, [sample])
    check_tools(sample, console, engine)
    if state:
        print_places(console, results / sample.sample_id, state)
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    with local_runs(results, console, engine, state) as runs:
        reference = prepare(runs, sample, stamp, console)
        if reference.view and not reference.is_usable:
            return FinishedRun(reference.view, results / sample.sample_id, [])
        console.print(
            Text.assemble("Run ", (stamp, "bold"), " of sample ", (sample.sample_id, "bold"))
        )
        with RunProgress(console) as progress:
            finished = runs.run(sample, reference, stamp, progress.show)
        if finished.has_kept_earlier:
            console.print(f"Earlier results in {finished.folder} are unchanged.")
        return finished


def check_tools(sample: LocalSample, console: Console, engine: ContainerEngine | None) -> None:
    """Check that all tools of the sample are here, and print the images of `engine`.

    Raises what `require_ready` raises.
    """
    if sample.trims and engine is None:
        require_programs([FASTP_PROGRAM])
    images = require_ready((*sample.tools, *preparing_tools(sample)), engine)
    if engine is not None:
        print_images(console, engine.program, images)


def prepare(
    runs: LocalRuns, sample: LocalSample, stamp: str, console: Console
) -> PreparedReference:
    """Prepare the sample's reference, unless it has its indexes beside it, and show it."""
    if preparing_tools(sample):
        console.print(f"Preparing the reference {sample.reference}", soft_wrap=True)
    with RunProgress(console) as progress:
        reference = runs.prepare(sample, f"reference-{stamp}", progress.show)
    if reference.view and reference.is_usable:
        seconds = reference.view.seconds(datetime.now(UTC))
        console.print(f"The reference is prepared: {duration_text(seconds)}")
    return reference
