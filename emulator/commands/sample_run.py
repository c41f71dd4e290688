"""Run one sample from this machine in the emulator. Used by the commands demo and run."""

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.screen.progress import RunProgress
from cli.screen.views import RunView
from emulator.built_images import image_tag, require_images
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.local_results import has_results, replace_results
from emulator.local_sample import INPUT_BUCKET, LocalSample, check_sample, stage
from emulator.screen import print_images
from emulator.stack import Emulator
from emulator.tools import indexers_of, programs_of, require_programs
from emulator.watch import fetch_results, follow_run, start_run, stop_run
from seqstack.adapters.ledger import Ledger
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.registry import Tool

BUILT_TEMPLATE = Path(".aws-sam/build/template.yaml")


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that has ended, and its result files on this machine."""

    view: RunView
    folder: Path
    files: list[Path]

    @property
    def succeeded(self) -> bool:
        """True if every step succeeded."""
        return self.view.succeeded


def run_sample(
    sample: LocalSample,
    results: Path,
    console: Console,
    engine: ContainerEngine | None = None,
) -> FinishedRun:
    """Deploy the built stack, run the sample, copy its results to `results/<sampleId>/`.

    They replace earlier results once the run has succeeded. If it fails, the outputs of its
    finished steps are copied only if there are no earlier results. The jobs run as containers of
    `engine`, or without one as processes with the tools on PATH. Only the results remain: the
    emulator ends all its processes and removes all scratch folders, also when the user interrupts
    it.

    Raises:
        LocalSampleError: a file or the id of the sample can't be used.
        and what `require_ready` raises.
    """
    images = require_ready(sample.tools, engine)
    if engine is not None:
        print_images(console, engine.program, images)
    check_sample(sample)
    results.mkdir(parents=True, exist_ok=True)  # a path that can't be a folder fails now
    parameters = {"InputBuckets": f"arn:aws:s3:::{INPUT_BUCKET}"}
    try:
        with ExitStack() as stack:
            with console.status("Deploying the stack to the emulator"):
                emulator = stack.enter_context(
                    Emulator(BUILT_TEMPLATE, parameters, container_engine=engine)
                )
            with console.status("Preparing the sample") as status:
                work = emulator.temporary_folder("inputs")
                document = stage(sample, emulator.client("s3"), work, status.update)
            return _run(emulator, sample, document, results, console)
    except KeyboardInterrupt:
        console.print("Interrupted. No job is running any more, and earlier results are unchanged.")
        raise


def require_ready(tools: Collection[Tool], engine: ContainerEngine | None) -> dict[str, str]:
    """Check that the stack is built and that jobs of `tools` can run; return their images, if any.

    Raises:
        FileNotFoundError: the template was not built.
        MissingProgramError: a tool, or a program that indexes a reference, is not on PATH.
        MissingImageError: a tool's image was not built.
    """
    if not BUILT_TEMPLATE.is_file():
        raise FileNotFoundError(f"{BUILT_TEMPLATE} is missing: run `make build` first")
    require_programs(indexers_of(tools))
    if engine is None:
        require_programs(programs_of(tools))
        return {}
    return require_images(engine, tools, image_tag(BUILT_TEMPLATE))


def _run(
    emulator: Emulator,
    sample: LocalSample,
    document: dict[str, object],
    results: Path,
    console: Console,
) -> FinishedRun:
    s3_results = S3Uri(emulator.outputs["ResultsBucketName"], "results/")
    document["resultsS3Path"] = str(s3_results)
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    arn = start_run(emulator, run_id, document)
    console.print(
        Text.assemble(
            "Run ", (run_id, "bold"), " of sample ", (sample.sample_id, "bold"), " has started"
        )
    )
    ledger = Ledger(emulator.outputs["LedgerTableName"], emulator.resource("dynamodb"))
    try:
        with RunProgress(console) as progress:
            view = follow_run(emulator, ledger, arn, progress.show)
    except KeyboardInterrupt:
        console.print("Stopping the run …")
        stop_run(emulator, arn)
        raise
    folder = results / sample.sample_id
    if not view.succeeded and has_results(folder):
        console.print(f"Earlier results in {folder} are unchanged.")
        return FinishedRun(view, folder, [])
    files = replace_results(folder, partial(fetch_results, emulator, ledger, run_id))
    return FinishedRun(view, folder, files)
