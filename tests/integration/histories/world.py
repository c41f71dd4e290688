"""One history: Batch, executions, events on their way, and the real handlers over one ledger."""

import copy
import importlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from unittest.mock import patch

from seqstack.adapters.metrics import Metrics
from seqstack.adapters.state_machine_events import JobEvent
from seqstack.domain.classification import classify_failure
from seqstack.domain.errors import HolderChangedError, ResultsInUseError, UnknownRunError
from seqstack.domain.job_record import JobKey
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
from seqstack.domain.words import Step, StepState
from seqstack.use_cases.show_runs import list_outputs
from seqstack.wiring import services
from tests.integration.functions.conftest import Context
from tests.integration.histories.batch import ModelBatch
from tests.integration.histories.calls import Fault, Invocation, Kind, Stage
from tests.integration.histories.expectations import Expectations
from tests.integration.histories.telling import SentNotifications
from tests.integration.histories.workflow import At, Executions, RunExecution, StepExecution, Tokens
from tests.support.aws_world import KNOWN_VALUES
from tests.support.builders import SOURCE_BUCKET

TRIED_AGAIN = {
    "SpotReclaimedError", "OutOfMemoryError", "ImagePullError", "ContainerNotRunError",
    "StuckInQueueError",
}  # fmt: skip
LAMBDA_TRIES = 3  # an asynchronous call is repeated twice
ENVIRONMENT = {
    **KNOWN_VALUES,
    "ON_DEMAND_QUEUE": "onDemand-dev",
    "AWS_DEFAULT_REGION": "us-east-1",
}
HANDLERS: dict[str, Callable[[Any, Any], Any]] = {
    name: importlib.import_module(f"functions.{name}.app").lambda_handler
    for name in (
        "validate_input", "submit_job", "get_job_status", "track_job", "finish_run", "stop_jobs",
        "notify_run_end", "sweep_runs",
    )
}  # fmt: skip


def first_of(reads: str) -> str:
    """The first FASTQ file of a pair, which the content of every result names."""
    return f"s3://{SOURCE_BUCKET}/{reads}_1.fastq.gz"


@dataclass(frozen=True)
class Delivery:
    """An event on its way to a function."""

    function: str
    event: dict[str, Any]
    tries: int = 0

    def __repr__(self) -> str:
        detail = self.event["detail"]
        told = {name: detail[name] for name in ("jobId", "name", "status") if name in detail}
        return f"<{self.function} {told}>"


@dataclass
class Rows:
    """What has ended, as it ended: none of it may change any more."""

    jobs: dict[JobKey, JobRow] = field(default_factory=dict)
    steps: dict[tuple[str, Step], list[StepRow]] = field(default_factory=dict)
    runs: dict[tuple[str, int], RunRow] = field(default_factory=dict)


class _UncountedMetrics(Metrics):
    """Counts nothing."""

    def count(self, *_: Any, **__: Any) -> None:
        return


class World:
    """Everything that a history plays with. `ledger` is fresh and empty."""

    def __init__(self, ledger: Any, *, on_close: Callable[[], None] = lambda: None) -> None:
        self.stage = Stage()
        self.ledger = ledger
        self.batch = ModelBatch()
        self.executions = Executions()
        self.tokens = Tokens(self.executions)
        self.told = SentNotifications(self.stage)
        self.deliveries: list[Delivery] = []
        self.called: list[tuple[str, Any]] = []
        self.held_up: list[Invocation] = []
        self.overlapping: set[JobKey] = set()
        self.armed: Counter[str] = Counter()
        self.answers_lost = 0
        self._after: dict[int, Callable[[Invocation], None]] = {}
        self._ended = Rows()
        self._progress: dict[JobKey, tuple[int, int]] = {}
        self._exit = ExitStack()
        self._exit.callback(on_close)
        logging.disable()
        self._exit.callback(logging.disable, logging.NOTSET)
        self._exit.enter_context(patch.dict("os.environ", ENVIRONMENT))
        self._exit.enter_context(self._instead_of_aws())

    def close(self) -> None:
        for call in self.held_up:
            call.go_on(die=True)
        self._exit.close()

    @contextmanager
    def _instead_of_aws(self) -> Iterator[None]:
        ports = {
            "Ledger": self.ledger,
            "Batch": self.batch,
            "TaskTokens": self.tokens,
            "Executions": self.executions,
            "StepCache": self.batch.bucket,
        }
        functions: dict[str, Callable[..., Any]] = {
            "last_log_lines": lambda *_: ["the last line"],
            "find_objects": lambda _, **_options: ObjectsFound({}, {}),
            "read_blocks": lambda _, **_options: {},
            "look_at_written": lambda written: self.batch.bucket.look_at_written([*written]),
            "image_digest": lambda _: f"sha256:{'0' * 64}",
            "state_machine_version": lambda _: "",
            "mark_intermediate": lambda _: None,
            "mark_parts": lambda _: None,
            "may_expire": lambda _: False,
            "stored_objects": lambda uris: self.batch.bucket.look_at([*uris]),
            "read_provenance": self.batch.bucket.read_provenance,
        }
        with ExitStack() as patches:
            patches.enter_context(patch.object(services, "Metrics", _UncountedMetrics))
            apps = [importlib.import_module(f"functions.{name}.app") for name in HANDLERS]
            for module in (services, *apps):
                for port, target in ports.items():
                    if hasattr(module, port):
                        made = self._maker(target)
                        patches.enter_context(patch.object(module, port, made))
                if hasattr(module, "notifier"):
                    patches.enter_context(patch.object(module, "notifier", self.told.notifier))
                for function, target in functions.items():
                    if hasattr(module, function):
                        wrapped = self.stage.function(target)
                        patches.enter_context(patch.object(module, function, wrapped))
            yield

    def _maker(self, target: Any) -> Callable[..., Any]:
        return lambda *_: self.stage.port(target)

    # calls

    def invoke(
        self,
        function: str,
        event: Any,
        fault: Fault | None = None,
        then: Callable[[Invocation], None] = lambda _: None,
    ) -> Invocation:
        """Call a handler; `then` is called at its end, at once or when it is no longer delayed."""
        self.called.append((function, event))
        sent = json.loads(json.dumps(event))  # handlers get their own copy
        handle = partial(HANDLERS[function], sent, Context(f"{function}-dev"))
        call = Invocation(self.stage, function, event, handle, fault)
        if function == "submit_job":
            self._note_overlap(call)
            self.armed[event["taskToken"]] += 1
        self.answers_lost += bool(fault and fault.kind is Kind.LOSES_ANSWER_OF)
        expects = Expectations(self, function, sent) if not (fault or self.held_up) else None
        call.start()
        if expects and not call.error:
            expects.check(call.result)
            if function == "validate_input":
                self._check_entry(event["runId"])
        elif expects:
            self._check_refusal(call.error)
        if call.is_held_up:
            self.held_up.append(call)
            self._after[id(call)] = then
        else:
            then(call)
        self.collect_events()
        return call

    def _note_overlap(self, call: Invocation) -> None:
        """Of two calls at one time neither sees the other's submission; Batch has no token for it.

        The one that comes too late must terminate what it has submitted, or the next sweep must.
        """
        key = JobEvent.model_validate(call.event).key
        for other in self.held_up:
            if other.function == "submit_job" and JobEvent.model_validate(other.event).key == key:
                self.overlapping.add(key)

    def go_on(self, call: Invocation, *, die: bool = False) -> None:
        """Let a call that was held up go on, or die where it stands."""
        self.held_up.remove(call)
        call.go_on(die=die)
        self._after.pop(id(call))(call)
        self.collect_events()

    def act(self, execution: RunExecution | StepExecution, fault: Fault | None = None) -> None:
        """Let an execution make its next call."""
        token = self.executions.new_token()
        function, event = execution.call(token)
        asked, redrive = execution.at, execution.redrive

        def then(call: Invocation) -> None:
            if execution.redrive == redrive:  # otherwise no caller waits any more
                execution.busy = None
                execution.take(asked, token, call)

        call = self.invoke(function, event, fault, then)
        if call.is_held_up:
            execution.busy = call
        self.advance()

    def advance(self) -> None:
        """Let every execution notice what its steps have come to."""
        for run in self.executions.runs.values():
            run.advance()

    @property
    def ready(self) -> list[RunExecution | StepExecution]:
        """Executions whose state calls a function next."""
        runs = [
            run
            for run in self.executions.runs.values()
            if run.at in {At.VALIDATE, At.FINISH, At.RECORD} and not run.busy
        ]
        steps = [
            step
            for step in self.executions.steps
            if step.at in {At.SUBMIT, At.ASK, At.RECORD} and not step.busy
        ]
        return [*runs, *steps]

    @property
    def waiting(self) -> list[StepExecution]:
        """Steps that wait for their token, with `submit_job` behind them."""
        return [step for step in self.executions.steps if step.at is At.WAIT and not step.busy]

    # events

    def start_run(self, sample: str = "", reads: str = "") -> None:
        """Start a run of a sample of its own, or of one that others may have, from some reads."""
        run_id = f"run-{len(self.executions.runs) + 1}"
        run = RunExecution(run_id, self.publish, sample=sample or run_id, reads=reads or run_id)
        self.executions.runs[run_id] = run

    def publish(self, function: str, detail: dict[str, Any], kind: str = "") -> None:
        envelope: dict[str, Any] = {
            "version": "0",
            "id": "11112222-3333-4444-5555-666677778888",
            "detail-type": kind or "Batch Job State Change",
            "source": "aws.batch" if function == "track_job" else "aws.states",
            "account": "123456789012",
            "time": "2025-06-02T09:30:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": copy.deepcopy(detail),
        }
        self.deliveries.append(Delivery(function, envelope))

    def collect_events(self) -> None:
        """Batch's news go on their way."""
        while self.batch.events:
            self.publish("track_job", self.batch.events.pop(0))

    def deliver(self, delivery: Delivery, fault: Fault | None = None) -> None:
        """Hand an event over; a call that fails is made again later, twice at most."""

        def then(call: Invocation) -> None:
            again = replace(delivery, tries=delivery.tries + 1)
            if call.error and again.tries < LAMBDA_TRIES:
                self.deliveries.append(again)

        self.invoke(delivery.function, delivery.event, fault, then)
        self.advance()

    # what must hold

    def history(self, run_id: str) -> RunHistory | None:
        try:
            history: RunHistory = self.ledger.history(run_id)
        except UnknownRunError:
            return None
        return history

    def histories(self) -> list[RunHistory]:
        """What the ledger has of every run; an execution that has just begun has nothing there."""
        found = map(self.history, self.executions.runs)
        return [history for history in found if history]

    def known_runs(self) -> list[RunRow]:
        return [history.run for history in self.histories()]

    def job_row(self, key: JobKey) -> JobRow | None:
        row: JobRow | None = self.ledger.job(key)
        return row

    def check(self) -> None:
        """What must hold at every moment."""
        histories = self.histories()
        for history in histories:
            self._check_ended_rows(history)
            self._check_results(history)
            for row in history.jobs:
                self._check_job(row)
        self._check_claims(histories)
        often = {str(end): count for end, count in self.told.messages.items() if count > 1}
        assert not often, f"notified more than once: {often}"
        answered = [
            key
            for _, key, failure in self.tokens.accepted
            if failure is None or failure.error != HolderChangedError.__name__
        ]
        assert len(answered) == len(set(answered)), "an attempt was answered twice"
        for token, count in self.tokens.sent.items():
            most = self.armed[token] + self.answers_lost
            assert count <= most, f"{token} was answered {count} times"

    def _check_results(self, history: RunHistory) -> None:
        """Whatever a run lists or reads was made of its own reads, by whichever run."""
        run_id, bucket = history.run.run_id, self.batch.bucket
        reads = self.reads_of(run_id)
        for step in history.steps:
            assert bool(step.written) is (step.state is StepState.SUCCEEDED), step.step
        listed = list_outputs(history, self.ledger, bucket.look_at_written, bucket.read_provenance)
        for item in (item for items in listed.values() for item in items):
            stored = item.stored
            assert item.is_there, f"{run_id} lists {stored.uri} as {item.state}"
            assert stored.version_id, f"{run_id} lists {stored.uri} without its version"
            origin = bucket.origins[stored.version_id]
            assert origin == reads, f"{run_id} lists {stored.uri} of {origin}"
        for row in history.jobs:
            container = self.batch.containers.get(row.job_id)
            for origin in container.read if container else ():
                assert origin == reads, f"{row.key} has read what was made of {origin}"

    def reads_of(self, run_id: str) -> str:
        """The first of the FASTQ files that a run is of."""
        return first_of(self.executions.runs[run_id].reads)

    def _check_claims(self, histories: Iterable[RunHistory]) -> None:
        """One run at a time has jobs in a folder.

        Others may go on beside it: of the same work they wait; of other work they were overtaken
        while they waited, and are refused when they look again. A redriven run may still have a
        job of before, which was not told to end yet.
        """
        busy: dict[str, set[str]] = {}
        for history in histories:
            run = history.run
            jobs = (job for job in history.jobs if job.key.redrive == run.redrive)
            is_busy = any(not job.state.is_terminal and job.job_id for job in jobs)
            if is_busy and not run.state.is_terminal:
                busy.setdefault(run.results_folder, set()).add(run.run_id)
        for folder, runs in busy.items():
            assert len(runs) < 2, f"{runs} have jobs at one time in {folder}"

    def _check_entry(self, run_id: str) -> None:
        """A run may start beside a running one if both do the same work."""
        run = self.ledger.run(run_id)
        claim = self.ledger.claim(run.results_folder)
        if claim and claim.run_id != run_id:
            holder = self.ledger.run(claim.run_id)
            is_same = holder.work_key == run.work_key != ""
            assert holder.state.is_terminal or is_same, f"{run_id} came in beside {holder.run_id}"

    def _check_refusal(self, error: BaseException | None) -> None:
        """A run is refused only because of a running one."""
        if isinstance(error, ResultsInUseError):
            holder = str(error).split()[1]
            assert not self.ledger.run(holder).state.is_terminal, f"{error}, and it has ended"

    def _check_ended_rows(self, history: RunHistory) -> None:
        ended = self._ended
        if history.run.state.is_terminal:
            self._check_ended_run(history.run)
        run_id = history.run.run_id
        redrives = self.executions.runs[run_id].redrive
        for step in history.steps:
            name = (run_id, step.step)
            ends = ended.steps.setdefault(name, [])
            if ends and ends[-1] != step and ends[-1].state is StepState.SUCCEEDED:
                raise AssertionError(f"{step.step} had succeeded")
            if step.state.is_terminal and step not in ends[-1:]:
                ends.append(step)
                assert len(ends) <= redrives + 1, f"{step.step} had ended otherwise"
        for job in history.jobs:
            if job.state.is_terminal:
                self._check_ended_job(job)

    def _check_ended_run(self, run: RunRow) -> None:
        """Only late facts may change: versions, what is remembered, a refused run's sample."""
        plain = replace(run, tool_versions={}, remembered={})
        was = self._ended.runs.setdefault((run.run_id, run.redrive), plain)
        if not was.sample_id:
            was = replace(
                was,
                sample_id=run.sample_id,
                cohort_id=run.cohort_id,
                cohort_size=run.cohort_size,
            )
            self._ended.runs[run.run_id, run.redrive] = was
        assert was == plain, f"{run.run_id} had ended otherwise"

    def _check_ended_job(self, job: JobRow) -> None:
        """Only who waits for it may change, and the id of a job that was ended as it began."""
        plain = replace(job, task_token="", token_answered=False)
        was = self._ended.jobs.setdefault(job.key, plain)
        if not was.job_id:
            was = self._ended.jobs[job.key] = replace(was, job_id=plain.job_id)
        assert was == plain, f"{job.key} had ended otherwise"

    def _check_job(self, row: JobRow) -> None:
        jobs = self.batch.jobs_of(row.key)
        if row.key in self.overlapping:
            jobs = [job for job in jobs if job.job_id == row.job_id]
        assert len(jobs) < 2, f"{row.key} was submitted twice"
        if row.job_id and row.state.is_terminal:
            assert not any(job.is_open for job in jobs), f"{row.key} has ended only in the ledger"
        earlier = [one for key in row.key.earlier for one in self.batch.jobs_of(key)]
        if jobs and earlier:
            assert all(not one.is_open for one in earlier), f"{row.key} began too early"
            errors = {classify_failure(one.record).__name__ for one in earlier}
            assert errors <= TRIED_AGAIN, f"{row.key} follows {errors}"
        progress = (row.batch_attempts, row.state.rank)
        if not row.state.is_terminal:
            was = self._progress.get(row.key, progress)
            assert was <= progress, f"{row.key} went back from {was} to {progress}"
            self._progress[row.key] = progress
