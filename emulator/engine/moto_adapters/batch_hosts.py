"""Batch's hosts in moto's ECS and EC2: an instance for each attempt, which later attempts reuse.

moto 5.2.5 makes a cluster for each compute environment, and instances only for `minvCpus`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.batch.exceptions import ClientException
from moto.batch.models import BatchBackend, ComputeEnvironment, batch_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ecs.models import ecs_backends

from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.job import Host, Job
from emulator.engine.patches import Patches

_IMAGE = "ami-0ec52023000000000"
_DEFAULT_TYPES = ("m6i",)
_USABLE_MEMORY = 0.94  # the rest is for the operating system and ECS


@dataclass(frozen=True, slots=True)
class _Pool:
    """Interchangeable hosts."""

    environment: str
    instance_type: str


@dataclass(slots=True)
class MotoHosts:
    """Uses the smallest instance type of the compute environment that fits the job.

    A compute environment's hosts are of its type, Spot or on demand, and use its subnets in turn.
    """

    account: str
    region: str
    _pools: dict[str, _Pool] = field(default_factory=dict)
    _free: dict[_Pool, list[Host]] = field(default_factory=lambda: defaultdict(list))

    def take(self, job: Job) -> Host:
        """A returned host, or a new one."""
        name = job.submission.queue.compute_environment
        environment = batch_backends[self.account][self.region].get_compute_environment(name)
        wanted = _resources(environment).get("instanceTypes") or _DEFAULT_TYPES
        pool = _Pool(name, smallest_type(wanted, job.request))
        return self._free[pool].pop() if self._free[pool] else self._rent(environment, pool)

    def give_back(self, host: Host, *, is_lost: bool) -> None:
        """Keep the host for the next job; ECS and EC2 describe a lost host for a while."""
        if not is_lost:
            self._free[self._pools[host.instance_id]].append(host)
            return
        ec2_backends[self.account][self.region].terminate_instances([host.instance_id])
        cluster, number = host.container_instance.split("/")[-2:]
        ecs = ecs_backends[self.account][self.region]
        ecs.container_instances[cluster][number].status = "INACTIVE"

    def _rent(self, environment: ComputeEnvironment, pool: _Pool) -> Host:
        resources = _resources(environment)
        subnets = resources.get("subnets") or [None]
        is_spot = resources.get("type") == "SPOT"
        reservation = ec2_backends[self.account][self.region].run_instances(
            image_id=_IMAGE,
            count=1,
            user_data=None,
            security_group_names=[],
            instance_type=pool.instance_type,
            is_instance_type_default=False,
            subnet_id=subnets[len(self._pools) % len(subnets)],
            **({"instance_market_options": {"MarketType": "spot"}} if is_spot else {}),
        )
        instance_id = reservation.instances[0].id
        ecs = ecs_backends[self.account][self.region]
        registered = ecs.register_container_instance(environment.ecs_name, instance_id)
        self._pools[instance_id] = pool
        return Host(registered.container_instance_arn, instance_id)


def smallest_type(wanted: Sequence[str], request: Capacity) -> str:
    """The type with the fewest vCPUs, then the least memory, that fits a request.

    `wanted` are types or families, as a compute environment names them, the best first. If none is
    large enough, the largest of them.
    """
    shapes = [
        (shape["VCpuInfo"]["DefaultVCpus"], shape["MemoryInfo"]["SizeInMiB"], rank, name)
        for rank, one in enumerate(wanted)
        for name, shape in INSTANCE_TYPES.items()
        if one in {name, name.partition(".")[0]} and ".metal" not in name
    ]
    fitting = [
        (vcpus, memory_mib, rank, name)
        for vcpus, memory_mib, rank, name in shapes
        if vcpus >= request.vcpus and memory_mib * _USABLE_MEMORY >= request.memory_mib
    ]
    _, _, _, name = min(fitting) if fitting else max(shapes)
    return str(name)


def refuse_mixed_architectures(patches: Patches) -> None:
    """Let CreateComputeEnvironment refuse instance types of several architectures, as Batch does.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeResource.html
    """
    create_as_moto_does = BatchBackend.create_compute_environment

    def create(
        backend: BatchBackend,
        compute_environment_name: str,
        _type: str,
        state: str,
        compute_resources: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> ComputeEnvironment:
        wanted = (compute_resources or {}).get("instanceTypes") or ()
        if len({_architectures(one) for one in wanted} - {frozenset[str]()}) > 1:
            raise ClientException(
                f"instanceTypes {', '.join(wanted)} must share the same architecture"
            )
        return create_as_moto_does(
            backend, compute_environment_name, _type, state, compute_resources, *args, **kwargs
        )

    patches.replace(BatchBackend, "create_compute_environment", create)


def _architectures(wanted: str) -> frozenset[str]:
    """Those of a type or family; none if EC2 does not have it."""
    return next(
        (
            frozenset(shape["ProcessorInfo"]["SupportedArchitectures"]) - {"i386"}
            for name, shape in INSTANCE_TYPES.items()
            if wanted in {name, name.partition(".")[0]}
        ),
        frozenset(),
    )


def _resources(environment: ComputeEnvironment) -> dict[str, Any]:
    return environment.compute_resources or {}
