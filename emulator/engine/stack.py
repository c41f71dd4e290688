"""A built SAM template, deployed and running on this machine."""

import json
import logging
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict

from joserfc.jwk import KeySet

from emulator.engine import schedules
from emulator.engine.authentication import Authentication
from emulator.engine.aws import (
    ClientFactory,
    Keys,
    client_environment,
    isolate_process_environment,
    set_environment,
)
from emulator.engine.batch.capacity import Capacity, detect
from emulator.engine.batch.engine import BatchEngine
from emulator.engine.batch.runner import JobRunner
from emulator.engine.clock import REAL_CLOCK, Clock, counting
from emulator.engine.deployment import deploy
from emulator.engine.events import Event, EventBus, target_input
from emulator.engine.guardian import Guardian
from emulator.engine.http_api.gateway import HttpApiGateway
from emulator.engine.lambda_runtime.declared import DeclaredFunctions
from emulator.engine.lambda_runtime.invocation import Outcome
from emulator.engine.lambda_runtime.service import LambdaService
from emulator.engine.moto_adapters import (
    alarms,
    apigatewayv2,
    awslambda,
    bucket_regions,
    cloudformation,
    dynamodb,
    events,
    logs,
    operation_models,
    pricing,
    serialization,
    spot_prices,
    stepfunctions,
)
from emulator.engine.moto_adapters.batch_service import install as install_batch
from emulator.engine.moto_adapters.stepfunctions import executions
from emulator.engine.patches import Patches, reset_moto
from emulator.engine.prices import OnDemandPrice
from emulator.engine.process_end import end_with_the_process
from emulator.engine.server import AwsServer, HttpServer
from emulator.engine.signers import Signers
from emulator.engine.storage import Storage
from emulator.engine.template import PreparedTemplate, prepare
from emulator.engine.waiting_threads import make_room_for_waiting_threads
from emulator.engine.wsgi import LOOPBACK, Around, WsgiApplication

_LOG = logging.getLogger(__name__)
_alone = threading.Lock()


class Options(TypedDict, total=False):
    """Options of a stack; `Stack` describes them."""

    port: int
    host: str
    capacity: Capacity | None
    concurrency: int | None
    api_port: int
    token_keys: KeySet | None
    around_api: Around
    clock: Clock
    state: Path | None


class Stack:
    """One deployed stack behind an AWS API on this machine. Use it as a context manager.

    `port` 0 chooses a free one. `host` is the address to listen on. Requests are signed with `keys`
    (new at each start) or with keys created in IAM and STS. Traffic is not encrypted, so `host`
    should be an address that only this machine and its containers reach. The runner that
    `make_job_runner` returns runs Batch jobs, on a machine of `capacity` (default: this one); it is
    called when the API answers. Hosts cost `on_demand`. `concurrency` is the most workers a
    function may have. The stack's HTTP API answers on `api_port`, also 0 for a free one; if it
    accepts tokens, `token_keys` verify them. `around_api` wraps the AWS API and gets requests whose
    signature is right. Limits and delays use `clock`. Objects and items of tables are kept in the
    folder `state`, with the names of the stack's resources, and are there again when it is named
    again; without one, they are lost. One stack at a time can run in a process, because moto keeps
    its state in the process.

    Entering raises FileNotFoundError or TemplateError for a template that is not built, OSError
    for a port that is taken or an address that is not this machine's, DeploymentError when the
    stack cannot be created, StateError when `state` cannot be used, RuntimeError when another
    emulator runs.
    """

    keys: Keys
    """The keys of the API's user."""
    outputs: dict[str, str]
    """The stack's outputs."""
    resources: dict[str, str]
    """Physical ids by the translated template's logical ids."""
    events: EventBus
    """The default event bus; its `intercept` can drop, repeat, or hold back events."""
    lambda_: LambdaService
    """The functions: calls made, and calling one directly."""
    batch: BatchEngine
    """The Batch jobs."""

    def __init__(
        self,
        built_template: Path,
        parameters: Mapping[str, str] | None = None,
        *,
        stack_name: str,
        make_job_runner: Callable[[], JobRunner],
        on_demand: OnDemandPrice,
        port: int = 0,
        host: str = LOOPBACK,
        capacity: Capacity | None = None,
        concurrency: int | None = None,
        api_port: int = 0,
        token_keys: KeySet | None = None,
        around_api: Around = lambda api: api,
        clock: Clock = REAL_CLOCK,
        state: Path | None = None,
    ) -> None:
        self._built_template = built_template
        self._parameters = dict(parameters or {})
        self.stack_name = stack_name
        self._port = port
        self._host = host
        self._make_job_runner = make_job_runner
        self._on_demand = on_demand
        self._capacity = capacity
        self._concurrency = concurrency
        self._api_port = api_port
        self._token_keys = token_keys
        self._around_api = around_api
        self.keys = Keys.create()
        self._signers = Signers(self.keys)
        self._clock = clock
        self._state = state
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        if not _alone.acquire(blocking=False):
            msg = "another emulator runs in this process; close it first"
            raise RuntimeError(msg)
        self._undo.callback(_alone.release)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every execution, job, worker, connection and thread; restore moto."""
        with self._clock.running():
            self._undo.close()

    def client(self, service: str) -> Any:
        """The boto3 client of `service`, for this emulator; shared, and closed with it."""
        return self._clients.client(service)

    def resource(self, service: str) -> Any:
        """A new boto3 resource of `service`, for this emulator; the caller closes it."""
        return self._clients.resource(service)

    def run_schedule(self, rule: str) -> list[Outcome]:
        """Fire a scheduled rule (its name or logical id), and wait for the functions it calls.

        Raises KeyError for an unknown rule, ValueError for one that cannot fire.
        """
        return schedules.fire(self.resources.get(rule, rule), self.lambda_.invoke)

    def temporary_folder(self, purpose: str) -> Path:
        """Make a folder that is removed with the emulator, also when the emulator is killed."""
        made = tempfile.TemporaryDirectory(prefix=f"seqstack-{purpose}-")
        folder = Path(self._undo.enter_context(made))
        self._guardian.remove(folder)
        return folder

    def put_file(self, bucket: str, key: str, path: Path) -> None:
        """Make a file of this machine an object, without copying it.

        The file must not change as long as the object is used, unless the file system can clone it;
        S3 answers `FileChanged` otherwise.
        """
        self._storage.put_file(bucket, key, path)

    def fetch_file(self, bucket: str, key: str, path: Path, version_id: str | None = None) -> None:
        """Write an object to a new file, in the kernel, and by a clone if the file system can.

        Raises KeyError if there is no such object.
        """
        self._storage.fetch_file(bucket, key, path, version_id)

    @property
    def has_restored(self) -> bool:
        """Whether an earlier emulator has used the folder `state`."""
        return self._storage.is_used

    @property
    def endpoint_url(self) -> str:
        """The address for `--endpoint-url` and AWS_ENDPOINT_URL."""
        return self._server.endpoint_url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the AWS CLI, s5cmd or any SDK here."""
        return client_environment(self.endpoint_url, self.keys)

    def _start(self) -> None:
        make_room_for_waiting_threads()
        end_with_the_process(self.close, self._undo)
        self._undo.callback(set_environment, isolate_process_environment())
        reset_moto()
        self._undo.callback(reset_moto)
        self._guardian = Guardian()
        self._undo.callback(self._guardian.close)
        patches = Patches()
        self._undo.callback(patches.restore)
        self._storage = Storage(self._undo, self.temporary_folder("objects"), self._state)
        self._storage.install(patches)
        self._start_http_api(patches)
        prepared = prepare(self._built_template, self._parameters, cloudformation.has_model)
        for omission in prepared.omissions:
            _LOG.warning("left out: %s; %s", omission.what, omission.consequence)
        self._server = AwsServer(self._port, self._checked_and_counted, self._host)
        self._undo.callback(self._server.close)
        self._clients = ClientFactory(self.endpoint_url, self.keys)
        self._undo.callback(self._clients.close)
        self.events = EventBus(events.send)
        # The last to start is the first to end: no function calls a Batch that has ended.
        self._start_batch()
        self._start_functions(patches, prepared)
        self._start_state_machines(patches)
        self._undo.callback(self.events.close)
        deployment = deploy(self.client, self.stack_name, prepared, self._parameters)
        self.outputs, self.resources = deployment.outputs, deployment.resources
        self._storage.restore()

    def _checked_and_counted(self, api: WsgiApplication) -> WsgiApplication:
        stored = bucket_regions.redirecting(self._storage.around(api))
        wrapped = self._around_api(pricing.selling(self._on_demand)(stored))
        return counting(self._clock, Authentication(self._signers.secret).around(wrapped))

    def _start_http_api(self, patches: Patches) -> None:
        gateway = HttpApiGateway(self._call_function, self._signers.user, self._token_keys)
        self._http_api = HttpServer(self._api_port, gateway, "http-api")
        self._undo.callback(self._http_api.close)
        apigatewayv2.install(patches, gateway.define, lambda: self._http_api.url)

    def _start_functions(self, patches: Patches, prepared: PreparedTemplate) -> None:
        self.lambda_ = LambdaService(
            lambda name: awslambda.find_function(name, prepared.artifacts),
            logs.write,
            self.environment,
            on_dead_letter=lambda queue, payload: events.send_to_queue(queue, payload.decode()),
            concurrency=self._concurrency,
            guard=self._guardian,
            clock=self._clock,
        )
        self._undo.callback(self.lambda_.close)
        # while the stack is created: it takes a second CPU, and half a second of the first call
        self.lambda_.prepare(DeclaredFunctions.of(prepared.body["Resources"], prepared.artifacts))
        awslambda.install(patches, lambda: self.lambda_)
        events.install(patches, self._deliver_to_function)
        cloudformation.install(patches)
        alarms.install(patches, self.client)
        dynamodb.install(patches)
        operation_models.install(patches)
        serialization.install(patches)
        spot_prices.install(patches, self._on_demand, self._clock)

    def _start_batch(self) -> None:
        runner, capacity = self._make_job_runner(), self._capacity or detect()
        self.batch = install_batch(self.events.publish, runner, capacity, clock=self._clock)
        self._undo.callback(self.batch.close)

    def _start_state_machines(self, patches: Patches) -> None:
        stepfunctions.install(patches, self._clients, self.events.publish, self._clock)
        self._undo.callback(executions.stop_all)

    def _call_function(self, name: str, payload: bytes) -> Outcome:
        return self.lambda_.invoke(name, payload)

    def _deliver_to_function(self, target: dict[str, Any], event: Event) -> None:
        name = events.function_name(target)
        try:
            self.lambda_.invoke_async(name, target_input(target, event))
        except KeyError:
            _LOG.warning("a rule's target, function %s, does not exist", name)
            queue = target.get("DeadLetterConfig", {}).get("Arn")
            if queue is not None:
                events.send_to_queue(queue, json.dumps(event))
