"""Run one sample from this machine in the emulator. Used by the commands demo and run."""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.screen.progress import RunProgress
from cli.screen.text import duration_text
from cli.screen.views import RunView
from emulator.built_images import image_tag, require_images
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.local_results import has_results, replace_results
from emulator.local_sample import LocalSample, check_sample
from emulator.screen import print_images
from emulator.stack import Emulator
from emulator.staging import INPUT_BUCKET, StagedSample, preparing_tools, stage
from emulator.tools import programs_of, require_programs
from emulator.watch import fetch_results, follow_run, start_run, stop_run
from seqstack.adapters.ledger import Ledger
from seqstack.domain.reference.named import KEY
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.registry import Tool
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

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
        LocalSampleError: a file or the id of the sample can't be used.
        StateError: `state` can't be used.
        and what `require_ready` raises.
    """
    check_sample(sample)
    images = require_ready((*sample.tools, *preparing_tools(sample)), engine)
    if engine is not None:
        print_images(console, engine.program, images)
    results.mkdir(parents=True, exist_ok=True)  # a path that can't be a folder fails now
    parameters = {"InputBuckets": f"arn:aws:s3:::{INPUT_BUCKET}"}
    try:
        with ExitStack() as stack:
            with console.status("Deploying the stack to the emulator"):
                emulator = stack.enter_context(
                    Emulator(BUILT_TEMPLATE, parameters, container_engine=engine, state=state)
                )
            with console.status("Preparing the sample") as status:
                work = emulator.temporary_folder("inputs")
                staged = stage(sample, emulator.client("s3"), work, status.update)
            return _run(emulator, sample, staged, results, console)
    except KeyboardInterrupt:
        console.print("Interrupted. No job is running any more, and earlier results are unchanged.")
        if state is not None:
            console.print("The same command goes on after the steps that are finished.")
        raise


def require_ready(tools: Collection[Tool], engine: ContainerEngine | None) -> dict[str, str]:
    """Check that the stack is built and that jobs of `tools` can run; return their images, if any.

    Raises:
        FileNotFoundError: the template was not built.
        MissingProgramError: a tool is not on PATH.
        MissingImageError: a tool's image was not built.
    """
    if not BUILT_TEMPLATE.is_file():
        raise FileNotFoundError(f"{BUILT_TEMPLATE} is missing: run `make build` first")
    if engine is None:
        require_programs(programs_of(tools))
        return {}
    return require_images(engine, tools, image_tag(BUILT_TEMPLATE))


def _run(
    emulator: Emulator,
    sample: LocalSample,
    staged: StagedSample,
    results: Path,
    console: Console,
) -> FinishedRun:
    s3_results = S3Uri(emulator.outputs["ResultsBucketName"], "results/")
    document = {**staged.document, "resultsS3Path": str(s3_results)}
    ledger = Ledger(emulator.outputs["LedgerTableName"], emulator.resource("dynamodb"))
    follow = partial(_followed, emulator, ledger, console)
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder = results / sample.sample_id
    if staged.preparation:
        console.print(Text.assemble("Preparing the reference ", (staged.document[KEY], "bold")))
        prepared = follow(f"reference-{stamp}", staged.preparation, PREPARE_REFERENCE.name)
        if not prepared.succeeded:
            return FinishedRun(prepared, folder, [])
        console.print(
            f"The reference is prepared: {duration_text(prepared.seconds(datetime.now(UTC)))}"
        )
    console.print(
        Text.assemble(
            "Run ", (stamp, "bold"), " of sample ", (sample.sample_id, "bold"), " has started"
        )
    )
    view = follow(stamp, document, SECONDARY_ANALYSIS.name)
    if not view.succeeded and has_results(folder):
        console.print(f"Earlier results in {folder} are unchanged.")
        return FinishedRun(view, folder, [])
    files = replace_results(folder, partial(fetch_results, emulator, ledger, stamp))
    return FinishedRun(view, folder, files)


def _followed(
    emulator: Emulator,
    ledger: Ledger,
    console: Console,
    run_id: str,
    document: Mapping[str, object],
    workflow: str,
) -> RunView:
    """Start a run and show it until its end."""
    arn = start_run(emulator, run_id, document, workflow)
    try:
        with RunProgress(console) as progress:
            return follow_run(emulator, ledger, arn, progress.show)
    except KeyboardInterrupt:
        console.print("Stopping the run …")
        stop_run(emulator, arn)
        raise
