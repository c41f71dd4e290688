"""The emulator: a built SAM template, deployed and running on this machine.

with Emulator(Path(".aws-sam/build/template.yaml"), {"Environment": "dev"}) as emulator:
    emulator.client("stepfunctions").start_execution(
        stateMachineArn=emulator.resources["SecondaryAnalysisStateMachine"], input="{}"
    )
"""

import json
import logging
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from emulator import schedules
from emulator.authentication import Authentication
from emulator.aws import (
    ClientFactory,
    Keys,
    client_environment,
    isolate_process_environment,
    set_environment,
)
from emulator.batch.capacity import Capacity, detect
from emulator.batch.container_engine import ContainerEngine
from emulator.batch.container_runner import ContainerJobRunner
from emulator.batch.engine import BatchEngine
from emulator.batch.install import install as install_batch
from emulator.batch.process_runner import ProcessJobRunner, job_environment
from emulator.batch.reference_keeper import ReferenceKeeper
from emulator.batch.runner import JobRunner
from emulator.clock import REAL_CLOCK, Clock, counting
from emulator.deployment import deploy
from emulator.events import Event, EventBus, target_input
from emulator.faults.injector import Faults
from emulator.guardian import Guardian
from emulator.http_api.gateway import HttpApiGateway
from emulator.http_api.tokens import TokenIssuer
from emulator.lambda_runtime.invocation import Outcome
from emulator.lambda_runtime.service import LambdaService
from emulator.lambda_runtime.worker import Worker
from emulator.moto_adapters import (
    alarms,
    apigatewayv2,
    awslambda,
    cloudformation,
    dynamodb,
    events,
    iam,
    logs,
    pricing,
    spot_prices,
    stepfunctions,
)
from emulator.moto_adapters.batch import tags_of
from emulator.moto_adapters.stepfunctions import executions, tokens
from emulator.patches import Patches, reset_moto
from emulator.permissions.guard import Permissions
from emulator.permissions.needs import Known
from emulator.process_end import end_with_the_process
from emulator.pushed_images import push_images
from emulator.server import LOOPBACK, AwsServer, HttpServer, WsgiApplication
from emulator.signers import Signers
from emulator.template import PreparedTemplate, prepare

_LOG = logging.getLogger(__name__)
_REPOSITORY = Path(__file__).resolve().parents[1]
_alone = threading.Lock()


class Emulator:
    """One deployed stack behind an AWS API on this machine. Use it as a context manager.

    `port` 0 takes a free one. `host` is the address to listen on. Requests are signed with `keys`,
    new ones at each start, or with what was made in IAM and STS. What passes the network can be
    read and repeated there, so let `host` be one that only this machine and its containers reach.
    Batch jobs run as containers of `container_engine` (default: as processes, from this
    repository's `containers/`), or by a `job_runner` of your own, on a machine of `capacity`
    (default: this one). `concurrency` is the most workers a function may have. The stack's HTTP
    API answers on `api_port`, also 0 for a free one; where it takes tokens, they are those of
    `token_issuer`. Limits and delays go by `clock`. One emulator at a time can run in a process,
    because moto keeps its state in the process.

    Entering raises FileNotFoundError or TemplateError for a template that is not built, OSError
    for a port that is taken or an address that is not this machine's, DeploymentError when the
    stack cannot be created, RuntimeError when another emulator runs.
    """

    keys: Keys
    """What the API's user signs with."""
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
    faults: Faults
    """Functions that die at a chosen AWS call, and AWS calls that are throttled."""
    permissions: Permissions
    """What the roles of functions and jobs have allowed and refused, where that is checked."""

    def __init__(
        self,
        built_template: Path,
        parameters: Mapping[str, str] | None = None,
        *,
        stack_name: str = "seqstack",
        port: int = 0,
        host: str = LOOPBACK,
        job_runner: JobRunner | None = None,
        container_engine: ContainerEngine | None = None,
        capacity: Capacity | None = None,
        concurrency: int | None = None,
        api_port: int = 0,
        token_issuer: TokenIssuer | None = None,
        check_permissions: bool = False,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self._built_template = built_template
        self._parameters = dict(parameters or {})
        self.stack_name = stack_name
        self._port = port
        self._host = host
        self._job_runner = job_runner
        self._container_engine = container_engine
        self._capacity = capacity
        self._concurrency = concurrency
        self._api_port = api_port
        self._token_issuer = token_issuer
        self._check_permissions = check_permissions
        self.keys = Keys.create()
        self._signers = Signers(self.keys, self._find_worker, self._describe_jobs)
        self._clock = clock
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
        """End every execution, job, worker, connection and thread; give moto back as it was."""
        with self._clock.running():
            self._undo.close()

    def client(self, service: str) -> Any:
        """The boto3 client of `service`, pointed here; shared, and closed with the emulator."""
        return self._clients.client(service)

    def resource(self, service: str) -> Any:
        """A new boto3 resource of `service`, pointed here; whoever asks closes it."""
        return self._clients.resource(service)

    def run_schedule(self, rule: str) -> list[Outcome]:
        """Fire a scheduled rule (its name or logical id), and wait for the functions it calls.

        Raises KeyError for an unknown rule, ValueError for one that cannot fire.
        """
        return schedules.fire(self.resources.get(rule, rule), self.lambda_.invoke)

    def temporary_folder(self, purpose: str) -> Path:
        """Make a folder that goes with the emulator, also when the emulator is killed."""
        made = tempfile.TemporaryDirectory(prefix=f"seqstack-{purpose}-")
        folder = Path(self._undo.enter_context(made))
        self._guardian.remove(folder)
        return folder

    @property
    def endpoint_url(self) -> str:
        """The address for `--endpoint-url` and AWS_ENDPOINT_URL."""
        return self._server.endpoint_url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the AWS CLI, s5cmd or any SDK here."""
        return client_environment(self.endpoint_url, self.keys)

    def _start(self) -> None:
        end_with_the_process(self.close, self._undo)
        self._undo.callback(set_environment, isolate_process_environment())
        reset_moto()
        self._undo.callback(reset_moto)
        self._guardian = Guardian()
        self._undo.callback(self._guardian.close)
        patches = Patches()
        self._undo.callback(patches.restore)
        self._start_http_api(patches)
        prepared = prepare(self._built_template, self._parameters, cloudformation.has_model)
        for omission in prepared.omissions:
            _LOG.warning("left out: %s; %s", omission.what, omission.consequence)
        self.faults = Faults(self._find_worker)
        self.permissions = Permissions(
            self._signers.caller, iam.role_policies, Known(tokens.machine_of, tags_of)
        )
        self._server = AwsServer(self._port, self._around_the_api, self._host)
        self._undo.callback(self._server.close)
        self._clients = ClientFactory(self.endpoint_url, self.keys)
        self._undo.callback(self._clients.close)
        self.events = EventBus()
        # The last to start is the first to end: no function calls a Batch that has ended.
        runner = self._start_batch()
        self._start_functions(patches, prepared)
        self._start_state_machines(patches)
        self._undo.callback(self.events.close)
        deployment = deploy(self.client, self.stack_name, prepared, self._parameters)
        self.outputs, self.resources = deployment.outputs, deployment.resources
        push_images(self.client, runner)
        self.lambda_.warm_up(awslambda.function_names())

    def _around_the_api(self, api: WsgiApplication) -> WsgiApplication:
        priced = pricing.around(api)
        allowed = self.permissions.around(priced) if self._check_permissions else priced
        authentic = Authentication(self._signers.secret).around(self.faults.around(allowed))
        return counting(self._clock, authentic)

    def _start_http_api(self, patches: Patches) -> None:
        gateway = HttpApiGateway(
            self._call_function,
            self._signers.user,
            self._token_issuer.keys if self._token_issuer else None,
        )
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
        awslambda.install(patches, lambda: self.lambda_)
        events.install(patches, self._deliver_to_function)
        cloudformation.install(patches)
        alarms.install(patches, self.client)
        dynamodb.install(patches)
        spot_prices.install(patches)

    def _start_batch(self) -> JobRunner:
        runner = self._job_runner or self._own_job_runner()
        self.batch = install_batch(
            self.events.publish, runner, self._capacity or detect(), clock=self._clock
        )
        self._undo.callback(self.batch.close)
        return runner

    def _own_job_runner(self) -> JobRunner:
        if self._container_engine is not None:
            runner = ContainerJobRunner(self._container_engine, self.environment, self._guardian)
            self._undo.callback(runner.close)
            return runner
        work = self.temporary_folder("jobs")
        self._undo.callback(ReferenceKeeper(work / "host", self._guardian).close)
        return ProcessJobRunner(
            containers=_REPOSITORY / "containers",
            work=work / "jobs",
            host_root=work / "host",
            environment=job_environment(_REPOSITORY, self.environment),
            guard=self._guardian,
        )

    def _start_state_machines(self, patches: Patches) -> None:
        stepfunctions.install(patches, self._clients, self.events.publish, self._clock)
        self._undo.callback(executions.stop_all)

    def _call_function(self, name: str, payload: bytes) -> Outcome:
        return self.lambda_.invoke(name, payload)

    def _find_worker(self, access_key: str) -> Worker | None:
        return self.lambda_.worker(access_key)

    def _describe_jobs(self, job_ids: Iterable[str]) -> list[dict[str, Any]]:
        return self.batch.describe(job_ids)

    def _deliver_to_function(self, target: dict[str, Any], event: Event) -> None:
        name = events.function_name(target)
        try:
            self.lambda_.invoke_async(name, target_input(target, event))
        except KeyError:
            _LOG.warning("a rule's target, function %s, does not exist", name)
            queue = target.get("DeadLetterConfig", {}).get("Arn")
            if queue is not None:
                events.send_to_queue(queue, json.dumps(event))
