"""The calls to AWS that one sample of a cohort makes, recorded in the emulator.

Every request of a function is seen where the emulator receives it, with the function that has
signed it; starts of executions and functions, which AWS makes by itself, where they are made.
"""

import json
import math
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from moto.dynamodb.responses import DynamoHandler
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from emulator.engine.lambda_runtime.service import LambdaService
from emulator.engine.patches import Patches
from emulator.engine.wsgi import Environ, WsgiApplication
from tests.harness.emulator import Emulator
from tests.harness.scripted import Act
from tests.harness.standing_clock import StandingClock
from tests.integration.workflow.table_units import item_of, size_of, writes_of
from tests.support.aws_world import template
from tests.support.cohorts import Cohort
from tests.support.workflow_world import World, deployed_world

JOB_SECONDS = 3600
STATES = "states"
"""The caller of what Step Functions and EventBridge do by themselves."""
_OF_THE_COHORT = {"validate_cohort", "close_cohort", "sweep_runs"}  # not of each sample
_SHARED = {"ByState", "ByCohort", "ByProject"}  # by many samples
_WRITES = {"PutItem", "UpdateItem", "TransactWriteItems"}
_KB = 1024


@dataclass(frozen=True, slots=True)
class Call:
    """A call `after` so many seconds since the one before.

    `loads` are the tokens that it takes of buckets: of its API, and the write units of the shared
    partitions of the ledger's indexes.
    """

    after: float
    caller: str
    api: str
    loads: Mapping[str, float]


@dataclass
class Recorder:
    """What functions and state machines call; without `keeps_order`, only how often.

    The calls of the cohort itself are left out, and so are those of jobs and of the test.
    """

    clock: StandingClock
    keeps_order: bool = True
    functions: LambdaService | None = None
    user: str = ""
    seen: list[tuple[float, str, str, Mapping[str, float]]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, world: World) -> None:
        """Forget what was seen, and look from now on."""
        self.functions, self.user = world.emulator.lambda_, world.emulator.keys.access_key
        with self.lock:
            self.seen.clear()
            self.counts.clear()

    def note(self, caller: str, api: str, loads: Mapping[str, float] | None = None) -> None:
        """Take a call, and the tokens that it takes besides its API's."""
        if caller in _OF_THE_COHORT:
            return
        with self.lock:
            self.counts[api] += 1
            if self.keeps_order:
                self.seen.append((self.clock.monotonic(), caller, api, {api: 1.0, **(loads or {})}))

    def around(self, application: WsgiApplication) -> WsgiApplication:
        """The same API, whose requests by functions are noted; DynamoDB's are elsewhere."""

        def noting(environ: Environ, start_response: Any) -> Iterable[bytes]:
            authorization = environ.get("HTTP_AUTHORIZATION", "")
            key, _, scope = authorization.partition("Credential=")[2].partition("/")
            service = scope.split("/")[2] if scope.count("/") > 2 else ""
            caller = self.caller(key)
            if caller and service not in {"", "dynamodb"}:
                self.note(caller, f"{service}:{_operation(environ)}")
            return application(environ, start_response)

        return noting

    def caller(self, key: str) -> str:
        """The function that signs with a key; empty for jobs and the test itself."""
        if not key or key == self.user or self.functions is None:
            return ""
        worker = self.functions.worker(key)
        return worker.spec.name.removesuffix("-dev") if worker else ""


def _operation(environ: Environ) -> str:
    target = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
    path = str(environ.get("PATH_INFO", ""))
    if target:
        return target
    if path.startswith("/v1/"):
        return path.removeprefix("/v1/")
    return str(environ.get("REQUEST_METHOD", ""))


@contextmanager
def watched(recorder: Recorder) -> Iterator[None]:
    """Record what does not come as a request, and what requests write to the table."""
    start, call = StepFunctionsParserBackend.start_execution, DynamoHandler.call_action
    invoke, layers = LambdaService.invoke, Emulator._around

    def start_execution(backend: Any, *args: Any, **named: Any) -> Any:
        recorder.note(STATES, "states:StartExecution")
        return start(backend, *args, **named)

    def invoked(service: LambdaService, name: str, payload: bytes) -> Any:
        if name.removesuffix("-dev") not in _OF_THE_COHORT:
            recorder.note(STATES, "lambda:Invoke")
        return invoke(service, name, payload)

    def call_action(handler: DynamoHandler) -> Any:
        key = handler.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        operation = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
        request = handler.body if isinstance(handler.body, dict) else json.loads(handler.body)
        writes = [*writes_of(operation, request)] if recorder.keeps_order else []
        before = [item_of(handler, table, own) for table, own, _ in writes]
        answer = call(handler)
        caller = recorder.caller(key) or (STATES if key != recorder.user else "")
        if caller:
            loads: Counter[str] = Counter()
            for (table, own, _), was in zip(writes, before, strict=True):
                loads.update(_heat(was, item_of(handler, table, own)))
            recorder.note(caller, f"dynamodb:{'write' if operation in _WRITES else 'read'}", loads)
        return answer

    def around(emulator: Emulator, application: WsgiApplication) -> WsgiApplication:
        return recorder.around(layers(emulator, application))

    patches = Patches()
    patches.replace(Emulator, "_around", around)
    patches.replace(StepFunctionsParserBackend, "start_execution", start_execution)
    patches.replace(LambdaService, "invoke", invoked)
    patches.replace(DynamoHandler, "call_action", call_action)
    try:
        yield
    finally:
        patches.restore()


def _heat(before: Any, after: Any) -> Counter[str]:
    """Write units by the index partition that they heat; a sample's own are left out."""
    found: Counter[str] = Counter()
    if before == after:
        return found
    sizes = [size_of({"M": item}) for item in (before, after) if item]
    units = math.ceil(max(sizes, default=1) / _KB)
    for index in template()["Resources"]["LedgerTable"]["Properties"]["GlobalSecondaryIndexes"]:
        keys = [key["AttributeName"] for key in index["KeySchema"]]
        was, now = _key(before, keys), _key(after, keys)
        for own in {was, now} - {()} if index["IndexName"] in _SHARED else ():
            found[f"{index['IndexName']} {own[0]}"] += units
    return found


def _key(item: Any, names: list[str]) -> tuple[str, ...]:
    """An item's key in an index; empty if it is not in it."""
    values = [item[name] for name in names if item and name in item]
    return tuple(str(*each.values()) for each in values) if len(values) == len(names) else ()


def cohort_of(world: World, samples: int) -> Cohort:
    """A cohort of that many samples, whose jobs take an hour, to be started."""
    world.play({"": [Act.succeed(JOB_SECONDS)]})
    cohort = Cohort(world)
    cohort.write([cohort.row(f"s{number}") for number in range(samples)])
    world.clock.settle()
    return cohort


def run_to_its_account(cohort: Cohort, samples: int) -> None:
    """Run a cohort with a budget, all samples at a time, until each run's account is complete."""
    ended = cohort.run(budgetUsd=1_000_000, maxConcurrency=samples)
    if ended.execution["status"] != "SUCCEEDED":
        raise RuntimeError(f"the cohort ended otherwise: {ended.execution}")
    cohort.world.clock.settle()
    cohort.world.until(lambda: all(run.orchestration for run in cohort.runs))
    cohort.world.clock.settle()


def recorded() -> list[Call]:
    """The calls of a sample of a cohort, from its start to its account.

    It is the stack's first sample, so it finds no host and no price that another one has looked up.
    The first call starts the cohort, and is left out.
    """
    clock = StandingClock()
    recorder = Recorder(clock)
    with (
        watched(recorder),
        deployed_world({"ReconcileSeconds": "86400"}, clock=clock) as world,
    ):
        cohort = cohort_of(world, 1)
        recorder.begin(world)
        run_to_its_account(cohort, 1)
        _, *seen = recorder.seen
    moments = [moment for moment, *_ in seen]
    gaps = [0.0, *(later - earlier for earlier, later in pairwise(moments))]
    names = {f" {cohort.cohort_id}": " cohort"}
    return [
        Call(gap, caller, api, {_renamed(bucket, names): n for bucket, n in loads.items()})
        for gap, (_, caller, api, loads) in zip(gaps, seen, strict=True)
    ]


def _renamed(bucket: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        bucket = bucket.replace(old, new)
    return bucket
