"""The emulator: SeqStack's built template, deployed and running on this machine.

with Emulator(Path(".aws-sam/build/template.yaml"), {"Environment": "dev"}) as emulator:
    emulator.client("stepfunctions").start_execution(
        stateMachineArn=emulator.resources["SecondaryAnalysisStateMachine"], input="{}"
    )
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Unpack

from emulator.engine import stack
from emulator.engine.batch.container_engine import ContainerEngine
from emulator.engine.batch.runner import JobRunner
from emulator.job_runners import container_runner, process_runner
from emulator.prices import on_demand_usd
from emulator.pushed_images import push_images
from emulator.reference_service import ReferenceService

_LOG = logging.getLogger(__name__)
_SWEEP = "SweepRunsFunctionEveryHour"
_REPOSITORY = Path(__file__).resolve().parents[1]


class Options(stack.Options, total=False):
    """Options of an emulator; `Emulator` and `Stack` describe them."""

    job_runner: JobRunner | None
    container_engine: ContainerEngine | None


class Emulator(stack.Stack):
    """SeqStack with its images pushed. Use it as a context manager.

    Batch jobs run as containers of `container_engine` (default: as processes, from this
    repository's `containers/`), or through your own `job_runner`.
    """

    def __init__(
        self,
        built_template: Path,
        parameters: Mapping[str, str] | None = None,
        *,
        job_runner: JobRunner | None = None,
        container_engine: ContainerEngine | None = None,
        **options: Unpack[stack.Options],
    ) -> None:
        self._job_runner = job_runner
        self._container_engine = container_engine
        super().__init__(
            built_template,
            parameters,
            stack_name="seqstack",
            make_job_runner=self._own_job_runner,
            on_demand=on_demand_usd,
            **options,
        )

    def _start(self) -> None:
        super()._start()
        push_images(self.client, self._job_runner)
        if self.has_restored and _SWEEP in self.resources:
            self._close_interrupted_runs()

    def _close_interrupted_runs(self) -> None:
        """Close runs that ended with the emulator that ran them, so that others can follow."""
        for outcome in self.run_schedule(_SWEEP):
            if outcome.failed:
                _LOG.warning("interrupted runs are not closed: %s", outcome.payload.decode())

    def _own_job_runner(self) -> JobRunner:
        if self._job_runner is None and self._container_engine is not None:
            runner = container_runner(self._container_engine, self.environment, self._guardian)
            self._undo.callback(runner.close)
            self._job_runner = runner
        elif self._job_runner is None:
            work = self.temporary_folder("jobs")
            self._undo.callback(ReferenceService(work / "host", self._guardian).close)
            self._job_runner = process_runner(
                _REPOSITORY, work, self.environment, guard=self._guardian
            )
        return self._job_runner
