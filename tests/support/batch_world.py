"""A small AWS for Batch tests: moto on a port, one queue or two, one job definition."""

import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.server import ThreadedMotoServer

from emulator.engine.aws import ClientFactory
from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.engine import BatchEngine
from emulator.engine.batch.runner import JobRunner
from emulator.engine.moto_adapters.batch_service import install
from tests.harness.scripted import ScriptedRunner
from tests.harness.standing_clock import StandingClock
from tests.support.waiting import until

TWO_CPUS = Capacity(2, 4096)
PATH = ["RUNNABLE", "STARTING", "RUNNING"]
ON_RECLAIM = {
    "attempts": 3,
    "evaluateOnExit": [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ],
}
LOG_GROUP = "/seqstack/test/jobs"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-test/{tool}:1.0"


@dataclass
class BatchWorld:
    """Clients and an engine, and every event it has published.

    Its clock stands still, except in `finish` when nothing else can happen.
    """

    endpoint: str
    clients: ClientFactory
    engine: BatchEngine
    clock: StandingClock
    events: list[dict[str, Any]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        return self.clients.client(service)

    def define(self, name: str = "tool-test", **changes: Any) -> str:
        container = {
            "image": IMAGE.format(tool="tool"),
            "command": [],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "512"},
            ],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": LOG_GROUP, "awslogs-stream-prefix": "tool"},
            },
            **changes.pop("container", {}),
        }
        answer = self.client("batch").register_job_definition(
            jobDefinitionName=name, type="container", containerProperties=container, **changes
        )
        return str(answer["jobDefinitionArn"])

    def submit(self, name: str = "job", queue: str = "low", **more: Any) -> str:
        more.setdefault("jobDefinition", "tool-test")
        answer = self.client("batch").submit_job(jobName=name, jobQueue=queue, **more)
        return str(answer["jobId"])

    def describe(self, job_id: str) -> dict[str, Any]:
        (job,) = self.client("batch").describe_jobs(jobs=[job_id])["jobs"]
        return dict(job)

    def finish(self, job_id: str) -> dict[str, Any]:
        self.finish_all()
        return self.describe(job_id)

    def finish_all(self) -> None:
        self.clock.until(lambda: self.engine.wait_idle(0))

    def wait_for(self, job_id: str, status: str) -> None:
        """Wait for a status; the children of an array are there some time after it."""
        until(lambda: self._statuses([job_id]), lambda seen: seen == [status])

    def _statuses(self, job_ids: Sequence[str]) -> list[str]:
        answer = self.client("batch").describe_jobs(jobs=job_ids)
        return [job["status"] for job in answer["jobs"]]

    def states(self, job_id: str) -> list[str]:
        return [
            event["detail"]["status"] for event in self.events if event["detail"]["jobId"] == job_id
        ]

    def log_lines(self, stream: str, group: str = LOG_GROUP) -> Sequence[str]:
        answer = self.client("logs").get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=True
        )
        return [event["message"] for event in answer["events"]]


@contextmanager
def moto_server() -> Iterator[str]:
    """Start moto on a free port and give its URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    yield endpoint
    _forget_everything(endpoint)
    server.stop()


@contextmanager
def batch_world(
    endpoint: str,
    runner: JobRunner,
    capacity: Capacity = TWO_CPUS,
    grace_seconds: float = 0.5,
) -> Iterator[BatchWorld]:
    """Start an engine, with queues `high` (100) and `low` (10) and one job definition."""
    _forget_everything(endpoint)
    clients = ClientFactory(endpoint)
    events: list[dict[str, Any]] = []
    clock = StandingClock()
    if isinstance(runner, ScriptedRunner):
        runner.clock = clock
    engine = install(events.append, runner, capacity, grace_seconds=grace_seconds, clock=clock)
    world = BatchWorld(endpoint, clients, engine, clock, events)
    try:
        _make_queues(world)
        world.client("logs").create_log_group(logGroupName=LOG_GROUP)
        world.define()
        yield world
    finally:
        engine.close()
        clients.close()


def make_queue(world: BatchWorld, name: str, *environments: str, **more: Any) -> None:
    world.client("batch").create_job_queue(
        jobQueueName=name,
        priority=1,
        state="ENABLED",
        computeEnvironmentOrder=[
            {"order": order, "computeEnvironment": environment}
            for order, environment in enumerate(environments or ("spot-test",), 1)
        ],
        **more,
    )


def make_shared_queue(world: BatchWorld) -> None:
    policy = world.client("batch").create_scheduling_policy(name="fair", fairsharePolicy={})
    make_queue(world, "shared", schedulingPolicyArn=policy["arn"])


def _forget_everything(endpoint_url: str) -> None:
    """Moto's resources belong to the process, not to the server."""
    reset = urllib.request.Request(f"{endpoint_url}/moto-api/reset", method="POST")  # noqa: S310
    urllib.request.urlopen(reset).close()  # noqa: S310


def _make_queues(world: BatchWorld) -> None:
    batch = world.client("batch")
    batch.create_compute_environment(
        computeEnvironmentName="spot-test",
        type="UNMANAGED",
        state="ENABLED",
        serviceRole=_role(world),
    )
    for name, priority in (("high", 100), ("low", 10)):
        batch.create_job_queue(
            jobQueueName=name,
            priority=priority,
            state="ENABLED",
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": _environment(world)}],
        )


def _environment(world: BatchWorld) -> str:
    answer = world.client("batch").describe_compute_environments(computeEnvironments=["spot-test"])
    return str(answer["computeEnvironments"][0]["computeEnvironmentArn"])


def _role(world: BatchWorld) -> str:
    answer = world.client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")
    return str(answer["Role"]["Arn"])
