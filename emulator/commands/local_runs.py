"""Runs of samples of this machine on the stack in the emulator."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cli.earlier_results import set_accuracy_aside
from cli.screen.views import RunView
from emulator.built_images import image_tag, require_images
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.engine_import import import_emulator, lasting
from emulator.local_files import LocalFiles
from emulator.local_results import RESULTS_KEY, has_results, replace_results
from emulator.local_sample import LocalSample
from emulator.staging import INPUTS, stage_reads, stage_reference
from emulator.tools import programs_of, require_programs
from emulator.watch import LOOK_SECONDS, fetch_results, follow_run, start_run, stop_run
from seqstack.adapters.ledger import Ledger
from seqstack.domain.reference.named import KEY
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.registry import Tool
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

if TYPE_CHECKING:
    from emulator.stack import Emulator

BUILT_TEMPLATE = Path(".aws-sam/build/template.yaml")
_PATIENCE_SECONDS = 2.0

type Show = Callable[[RunView], None]


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that has ended, and its result files on this machine.

    `has_kept_earlier` is true if it failed and earlier results were left as they were.
    """

    view: RunView
    folder: Path
    files: list[Path]
    has_kept_earlier: bool = False

    @property
    def succeeded(self) -> bool:
        """True if every step succeeded, and every gate was met."""
        return self.view.succeeded


@dataclass(frozen=True, slots=True)
class PreparedReference:
    """A reference that runs can name.

    Attributes:
        keys: the keys of a run's input that say where it is.
        view: the run that has prepared it; None if it has its indexes beside it.
    """

    keys: Mapping[str, Any]
    view: RunView | None

    @property
    def is_usable(self) -> bool:
        """False if the preparation failed."""
        return self.view is None or self.view.succeeded


class LocalRuns:
    """Uploads files, runs workflows, and copies results to `results/<sampleId>/`."""

    def __init__(self, emulator: "Emulator", results: Path, console: Console) -> None:
        self._emulator = emulator
        self._results = results
        self._console = console
        self._work = emulator.temporary_folder("inputs")
        self._files = LocalFiles(emulator, self._work)
        self._ledger = Ledger(emulator.outputs["LedgerTableName"], emulator.resource("dynamodb"))
        emulator.client("s3").create_bucket(Bucket=INPUTS.bucket)

    def prepare(self, sample: LocalSample, run_id: str, show: Show) -> PreparedReference:
        """Upload the sample's reference and prepare it, unless it has its indexes beside it."""
        staged = stage_reference(sample, self._files, INPUTS)
        view = None
        if staged.preparation:
            view = self._follow(run_id, staged.preparation, PREPARE_REFERENCE.name, show)
        if view is None or not view.succeeded:
            return PreparedReference(staged.keys, view)
        # its version, for another one of the name can be newer
        return PreparedReference({KEY: self._ledger.run(run_id).subject}, view)

    def run(
        self, sample: LocalSample, reference: PreparedReference, run_id: str, show: Show
    ) -> FinishedRun:
        """Upload the sample's reads and run it to its end.

        Its results replace earlier ones once all its steps have succeeded, even if a gate is
        missed. If it fails, the outputs of its finished steps are copied only if there are no
        earlier results.

        Raises:
            LocalSampleError: a file can't be used, or one of the user's is where a result is to be.
            Whatever `show` raises, after the run was stopped.
        """
        own = INPUTS / f"samples/{sample.sample_id}/"
        document = stage_reads(sample, self._files, own, self._work / sample.sample_id)
        results = S3Uri(self._emulator.outputs["ResultsBucketName"], RESULTS_KEY)
        document |= {**reference.keys, "resultsS3Path": str(results)}
        view = self._follow(run_id, document, SECONDARY_ANALYSIS.name, show)
        folder = self._results / sample.sample_id
        if not view.is_complete and has_results(folder):
            return FinishedRun(view, folder, [], has_kept_earlier=True)
        fetch = partial(fetch_results, self._files, self._ledger, run_id)
        files = replace_results(folder, fetch)
        if aside := set_accuracy_aside(folder):
            told = f"The accuracy in {folder} is of other calls; it is in {aside} now."
            self._console.print(told, soft_wrap=True)
        return FinishedRun(view, folder, files)

    def _follow(
        self, run_id: str, document: Mapping[str, Any], workflow: str, show: Show
    ) -> RunView:
        arn = start_run(self._emulator, run_id, document, workflow)
        try:
            return follow_run(self._emulator, self._ledger, arn, show, self._waiting())
        except BaseException:
            stop_run(self._emulator, arn)
            raise

    def _waiting(self) -> Callable[[], None]:
        """Wait until a function may have changed the ledger: nothing else in the stack does."""
        functions = self._emulator.lambda_
        seen = 0

        def wait() -> None:
            nonlocal seen
            time.sleep(LOOK_SECONDS)
            seen = functions.wait_for_calls(seen, _PATIENCE_SECONDS)

        return wait


@contextmanager
def local_runs(
    results: Path, console: Console, engine: ContainerEngine | None, state: Path | None
) -> Iterator[LocalRuns]:
    """Deploy the built stack to an emulator.

    The jobs run as containers of `engine`, or without one as processes with the tools on PATH. On
    leaving, everything ends, and only `results` remain, and the folder `state`, whose finished
    steps later runs reuse.

    Raises:
        StateError: `state` can't be used.
    """
    results.mkdir(parents=True, exist_ok=True)  # a path that can't be a folder fails now
    parameters = {"InputBuckets": f"arn:aws:s3:::{INPUTS.bucket}"}
    try:
        with ExitStack() as stack:
            with console.status("Deploying the stack to the emulator"), lasting():
                emulator = stack.enter_context(
                    import_emulator()(
                        BUILT_TEMPLATE, parameters, container_engine=engine, state=state
                    )
                )
            try:
                yield LocalRuns(emulator, results, console)
            except KeyboardInterrupt:
                console.print("Stopping …")
                raise
    except KeyboardInterrupt:
        console.print(
            "Interrupted. No job is running any more, and no sample's results are partly replaced."
        )
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
