"""The deployed stack with scripted jobs, and a sample whose inputs and results exist."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.runner import Outcome
from emulator.engine.clock import REAL_CLOCK
from seqstack.adapters.ledger import Ledger
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.job_record import JobKey
from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.emulator import Emulator, Options
from tests.harness.scripted import Act, ScriptedRunner
from tests.harness.standing_clock import StandingClock
from tests.support.builders import step_plan
from tests.support.samples import sample_input, states_entered, upload_inputs
from tests.support.waiting import until
from tests.support.writing_jobs import WritingJobs

BUILT = Path(__file__).parents[2] / ".aws-sam/build/template.yaml"
RECONCILE_SECONDS = 5
PLENTY = Capacity(vcpus=1000, memory_mib=10**7)  # no scripted job waits for another's end


@dataclass
class EndedRun:
    """An execution that has ended: its description, and the history of it and its steps."""

    execution: dict[str, Any]
    states: list[str]
    steps: dict[str, list[str]] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """The run, even of a step that was started alone."""
        given = json.loads(self.execution["input"])
        is_step = isinstance(given, dict) and "runId" in given
        return str(given["runId"] if is_step else self.execution["name"])

    @property
    def error(self) -> str:
        return str(self.execution["error"])

    @property
    def cause(self) -> str:
        return str(self.execution["cause"])


class World:
    """The stack for a test; its clock is that of its `runner`.

    With a standing clock, time passes only while a test waits, and when nothing else can happen.
    Tests in which a command waits use the machine's clock.
    """

    def __init__(self, emulator: Emulator, runner: ScriptedRunner) -> None:
        self.emulator = emulator
        self._runner = runner
        self.ledger = Ledger(
            emulator.outputs["LedgerTableName"],
            emulator.resource("dynamodb"),
        )
        upload_inputs(emulator.client("s3"))

    @property
    def clock(self) -> StandingClock:
        assert isinstance(self._runner.clock, StandingClock)
        return self._runner.clock

    def until[T](self, look: Callable[[], T]) -> T:
        """The result of `look()` once it is true."""
        stands = isinstance(self._runner.clock, StandingClock)
        return self.clock.until(look) if stands else until(look)

    def play(self, acts: dict[str, list[Act]]) -> None:
        """Let jobs whose name ends with a key play its acts; all other jobs succeed."""
        self._runner.acts = {f"*{ending}": act for ending, act in acts.items()}

    def end(self, ending: str, outcome: Outcome) -> None:
        """End hanging jobs whose name has this end."""
        self._runner.end(f"*{ending}", outcome)

    def sample(self, **changes: Any) -> dict[str, Any]:
        """An input that passes validation, of a sample of its own."""
        layout = self.layout(f"s{uuid.uuid4().hex[:8]}")
        return sample_input(layout) | {"bcftools": {}} | changes

    def layout(self, sample_id: str) -> ResultLayout:
        bucket = self.emulator.outputs["ResultsBucketName"]
        return ResultLayout(S3Uri(bucket, "results/"), sample_id)

    def start(self, document: object, machine: str = "SecondaryAnalysis", name: str = "") -> str:
        answer = self.emulator.client("stepfunctions").start_execution(
            stateMachineArn=self.emulator.outputs[f"{machine}StateMachineArn"],
            name=name or f"r{uuid.uuid4().hex[:10]}",
            input=json.dumps(document),
        )
        return str(answer["executionArn"])

    def run(self, document: object) -> EndedRun:
        """Start a run and wait for its end."""
        return self.wait(self.start(document))

    def run_step(self, step: str, run_id: str = "") -> EndedRun:
        """Start `run_batch_job` alone."""
        run_id = run_id or f"r{uuid.uuid4().hex[:10]}"
        document = {"runId": run_id, "step": step, "redrive": 0}
        return self.wait(self.start(document, "RunBatchJob"))

    def run_aligned(self, *arguments: str, **changes: Any) -> EndedRun:
        """Start `run_batch_job` alone, for a step that is planned in the ledger.

        `arguments` are added to the job's.
        """
        run_id = f"r{uuid.uuid4().hex[:10]}"
        outputs, layout = self.emulator.outputs, self.layout("s")
        plan = step_plan(
            command=(
                *("--provenance_s3_path", str(layout.provenance(Step.ALIGN)), "--memory", "1"),
                *arguments,
            ),
            outputs=SECONDARY_ANALYSIS.outputs(Step.ALIGN, layout),
            job_queue=outputs["HighPriorityQueueArn"],
            on_demand_queue=outputs["OnDemandQueueArn"],
            job_definition="bwa-dev",
            vcpus=1,
            memory_mib=1024,
            **changes,
        )
        run = RunRow(run_id, "s", RunState.RUNNING, "2026-01-01T00:00:00Z", "arn")
        self.ledger.open_run(run, [StepRow(run_id, plan)])
        return self.run_step("align", run_id)

    def wait(self, arn: str) -> EndedRun:
        states = self.emulator.client("stepfunctions")

        def ended() -> dict[str, Any] | None:
            described: dict[str, Any] = states.describe_execution(executionArn=arn)
            return None if described["status"] == "RUNNING" else described

        execution = self.until(ended)
        assert execution is not None
        block = self.emulator.resources["RunBatchJobStateMachine"]
        prefix = f"{execution['name']}-"
        steps = {
            child["name"].removeprefix(prefix).rsplit("-", 2)[0]: self.entered(
                child["executionArn"]
            )
            for child in states.list_executions(stateMachineArn=block)["executions"]
            if child["name"].startswith(prefix)
        }
        return EndedRun(execution, self.entered(arn), steps)

    def history(self, arn: str) -> list[dict[str, Any]]:
        """Every event of an execution, oldest first."""
        answer = self.emulator.client("stepfunctions").get_execution_history(executionArn=arn)
        return list(answer["events"])

    def errors_of(self, ended: EndedRun, step: str) -> list[str]:
        """The errors of the tasks of a step, retried ones among them."""
        machine = self.emulator.resources["RunBatchJobStateMachine"]
        arn = machine.replace(":stateMachine:", ":execution:")
        events = self.history(f"{arn}:{ended.execution['name']}-{step}-0-0")
        failed = [event.get("taskFailedEventDetails") for event in events]
        return [details["error"] for details in failed if details]

    def entered(self, arn: str) -> list[str]:
        """The states that an execution has entered, in order."""
        return states_entered(self.emulator.client("stepfunctions"), arn)

    def run_state(self, ended: EndedRun) -> RunState | None:
        """The run's state in the ledger, or None before it is written."""
        try:
            return self.ledger.run(ended.execution["name"]).state
        except UnknownRunError:
            return None

    def row(self, ended: EndedRun) -> RunHistory:
        """A run's row in the ledger."""
        return self.ledger.history(ended.execution["name"])

    def job(self, ended: EndedRun, step: Step = Step.ALIGN) -> JobRow:
        """The row of a step's first job in the ledger."""
        row = self.ledger.job(JobKey(ended.execution["name"], step, 1))
        assert row is not None
        return row

    @property
    def jobs(self) -> list[str]:
        """The names of all jobs that were started."""
        return [job.job_name for job in self._runner.started]

    def jobs_of(self, ended: EndedRun) -> list[str]:
        """The names of the jobs that were started for a run."""
        name = ended.run_id
        return [job for job in self.jobs if job.startswith(name)]

    def running_jobs(self) -> list[str]:
        """The names of the jobs that run now."""
        ids = list(self.emulator.batch.jobs_running())
        if not ids:
            return []
        jobs = self.emulator.client("batch").describe_jobs(jobs=ids)["jobs"]
        return [job["jobName"] for job in jobs if job["status"] == "RUNNING"]

    def sweep(self) -> dict[str, int]:
        """Call `sweep_runs` as its schedule does."""
        answer = self.emulator.client("lambda").invoke(FunctionName="sweep_runs-dev", Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()
        return dict(json.loads(answer["Payload"].read()))

    def logged(self, prefix: str) -> Iterator[str]:
        """The content of log groups with such names."""
        logs = self.emulator.client("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
            name = group["logGroupName"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                yield from (event["message"] for event in page["events"])

    def eventually(self, wanted: object, what: Callable[[], object]) -> None:
        """Wait until `what()` is `wanted`."""
        self.until(lambda: what() == wanted)


@contextmanager
def deployed_world(
    parameters: Mapping[str, str] | None = None, **options: Unpack[Options]
) -> Iterator[World]:
    """Deploy the built stack, with jobs that write results, on a machine with room for all."""
    runner = WritingJobs(clock=options.get("clock", REAL_CLOCK))
    given = {"ReconcileSeconds": str(RECONCILE_SECONDS), **(parameters or {})}
    settings: Options = {"capacity": PLENTY, **options, "job_runner": runner}
    with Emulator(BUILT, given, **settings) as emulator:
        runner.s3 = emulator.client("s3")
        yield World(emulator, runner)
