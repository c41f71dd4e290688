"""The emulator's hosts and prices, and what the functions' adapters make of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.engine.aws import client_environment
from emulator.engine.batch.capacity import Capacity
from emulator.engine.moto_adapters import pricing, spot_prices
from emulator.engine.moto_adapters.batch_hosts import smallest_type
from emulator.engine.patches import Patches
from emulator.engine.prices import spot_prices as prices_of
from emulator.engine.server import AwsServer
from emulator.prices import on_demand_usd
from seqstack.adapters import aws
from seqstack.adapters.ec2 import Market, describe_host
from seqstack.domain.cost.hosts import Host, InstanceShape, PurchaseOption
from seqstack.domain.cost.prices import HourlyPrice, PriceChange
from tests.harness.scripted import Act, ScriptedRunner
from tests.harness.standing_clock import StandingClock
from tests.support.batch_world import BatchWorld, batch_world


@pytest.fixture(scope="module")
def clock() -> StandingClock:
    """The clock of the prices."""
    return StandingClock()


@pytest.fixture(scope="module")
def endpoint(clock: StandingClock) -> Iterator[str]:
    """moto with the emulator's prices."""
    patches = Patches()
    spot_prices.install(patches, on_demand_usd, clock)
    server = AwsServer(0, pricing.selling(on_demand_usd))
    yield server.endpoint_url
    server.close()
    patches.restore()


@pytest.fixture
def adapters(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The functions' adapters, pointed at the emulator."""
    for name, value in client_environment(endpoint).items():
        monkeypatch.setenv(name, value)
    caches: Any = (aws.client, aws.price_list)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def world(endpoint: str) -> Iterator[BatchWorld]:
    """Queues over managed hosts: `spot` and `onDemand`."""
    runner = ScriptedRunner({"lost*": [Act.lose_host(), Act.succeed()]})
    with batch_world(endpoint, runner) as world:
        for name, kind in (("spot", "SPOT"), ("onDemand", "EC2")):
            make_managed(world, name, kind)
        yield world


def make_managed(world: BatchWorld, name: str, kind: str) -> None:
    ec2, batch = world.client("ec2"), world.client("batch")
    subnets = [
        one["SubnetId"]
        for one in ec2.describe_subnets()["Subnets"]
        if one["AvailabilityZone"] in {"us-east-1a", "us-east-1b"}
    ]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    role = world.client("iam").get_role(RoleName="batch")["Role"]["Arn"]
    profile = world.client("iam").create_instance_profile(InstanceProfileName=name)
    made = batch.create_compute_environment(
        computeEnvironmentName=name,
        type="MANAGED",
        state="ENABLED",
        serviceRole=role,
        computeResources={
            "type": kind,
            "minvCpus": 0,
            "maxvCpus": 256,
            "instanceTypes": ["c6i", "m6i", "r6i"],
            "instanceRole": profile["InstanceProfile"]["Arn"],
            "securityGroupIds": [group],
            "subnets": subnets,
        },
    )
    order = [{"order": 1, "computeEnvironment": made["computeEnvironmentArn"]}]
    batch.create_job_queue(
        jobQueueName=name, priority=1, state="ENABLED", computeEnvironmentOrder=order
    )


def asking(vcpus: str, memory_mib: str) -> dict[str, Any]:
    needs = [{"type": "VCPU", "value": vcpus}, {"type": "MEMORY", "value": memory_mib}]
    return {"containerOverrides": {"resourceRequirements": needs}}


def hosts_of(job: dict[str, Any]) -> list[str]:
    return [attempt["container"]["containerInstanceArn"] for attempt in job["attempts"]]


@pytest.mark.usefixtures("adapters")
def test_host_of_a_job_is_described_by_ecs_and_ec2(world: BatchWorld) -> None:
    spot = world.finish(world.submit("a", "spot", **asking("2", "14336")))
    on_demand = world.finish(world.submit("b", "onDemand", **asking("2", "2048")))

    (first,), (second,) = hosts_of(spot), hosts_of(on_demand)
    found = describe_host(first)
    assert found.instance_id.startswith("i-")
    # 14 GiB do not fit into c6i.large (4 GiB) or m6i.large (8 GiB)
    assert found.instance_type == "r6i.large"
    assert found.purchase_option is PurchaseOption.SPOT
    assert found.availability_zone in {"us-east-1a", "us-east-1b"}
    assert describe_host(second).instance_type == "c6i.large"
    assert describe_host(second).purchase_option is PurchaseOption.ON_DEMAND


def test_host_takes_the_next_job_of_its_kind(world: BatchWorld) -> None:
    first = world.finish(world.submit("a", "spot"))
    second = world.finish(world.submit("b", "spot"))
    other = world.finish(world.submit("c", "onDemand"))

    assert hosts_of(first) == hosts_of(second) != hosts_of(other)


@pytest.mark.usefixtures("adapters")
def test_host_that_was_reclaimed_takes_no_job_and_is_known_for_a_while(world: BatchWorld) -> None:
    job = world.finish(world.submit("lost", "spot", retryStrategy={"attempts": 2}))

    first, second = hosts_of(job)
    assert first != second
    lost = describe_host(first)
    assert lost.is_known
    states = world.client("ec2").describe_instances(InstanceIds=[lost.instance_id])
    (instance,) = states["Reservations"][0]["Instances"]
    assert instance["State"]["Name"] == "terminated"


@pytest.mark.usefixtures("adapters")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "arn:aws:ecs:us-east-1:123456789012:container-instance/9b8a7c6d",  # without its cluster
        "arn:aws:ecs:us-east-1:123456789012:container-instance/gone_Batch/9b8a7c6d",
    ],
)
def test_host_that_ecs_does_not_know_is_unknown(name: str) -> None:
    assert describe_host(name) == Host()


@pytest.mark.usefixtures("adapters")
def test_host_whose_instance_ec2_forgot_has_type_and_zone_from_ecs(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = hosts_of(world.finish(world.submit("a", "spot")))
    monkeypatch.setattr("seqstack.adapters.ec2._instance", lambda _: {})

    found = describe_host(name)

    assert (found.instance_type, found.purchase_option) == ("c6i.large", None)
    assert found.availability_zone in {"us-east-1a", "us-east-1b"}


@pytest.mark.usefixtures("adapters")
def test_spot_price_comes_with_its_changes_oldest_first() -> None:
    now = datetime.now(UTC)
    since = now - timedelta(hours=9)

    found = Market().spot_price("c6i.4xlarge", "us-east-1b", int(since.timestamp() * 1000))

    expected = reversed(list(prices_of(on_demand_usd, "c6i.4xlarge", "us-east-1b", since, now)))
    assert found == HourlyPrice(
        tuple(PriceChange(int(one.at.timestamp() * 1000), one.usd) for one in expected),
        "spotHistory",
    )
    assert 3 <= len(found.changes) <= 4
    assert found.covers(int(since.timestamp() * 1000))


@pytest.mark.usefixtures("adapters")
def test_spot_price_is_known_where_a_clock_is_ahead_of_the_machine(clock: StandingClock) -> None:
    clock.advance(timedelta(days=1).total_seconds())

    found = Market().spot_price("c6i.4xlarge", "us-east-1b", int(clock.time() * 1000))

    assert found is not None
    assert found.covers(int(clock.time() * 1000))


@pytest.mark.usefixtures("adapters")
def test_spot_price_of_an_unknown_type_is_none() -> None:
    assert Market().spot_price("x9z.huge", "us-east-1b", 0) is None


@pytest.mark.usefixtures("adapters")
def test_on_demand_price_is_that_of_the_price_list() -> None:
    found = Market().on_demand_price("m6id.large")

    assert found == HourlyPrice.constant(Decimal("0.11865"), "pricing")
    assert Market().on_demand_price("x9z.huge") is None


@pytest.mark.usefixtures("adapters")
def test_shape_of_a_type_is_that_of_ec2() -> None:
    assert Market().shape("x2idn.16xlarge") == InstanceShape(64, 1024 * 1024)
    assert Market().shape("x9z.huge") is None


@pytest.mark.parametrize(
    ("wanted", "vcpus", "memory_mib", "expected"),
    [
        (["c6i", "m6i", "r6i"], 16, 28672, "c6i.4xlarge"),  # bwa: 28 of 32 GiB
        (["c6i", "m6i", "r6i"], 2, 3072, "c6i.large"),
        (["c6i", "m6i", "r6i"], 2, 14336, "r6i.large"),
        (["c6a", "c6i"], 4, 4096, "c6a.xlarge"),  # equal ones: the one that is named first
        (["m6i.8xlarge"], 1, 512, "m6i.8xlarge"),
        (["c6i"], 400, 512, "c6i.32xlarge"),  # none is large enough
    ],
)
def test_host_is_of_the_smallest_type_that_takes_the_job(
    wanted: list[str], vcpus: float, memory_mib: int, expected: str
) -> None:
    assert smallest_type(wanted, Capacity(vcpus, memory_mib)) == expected


def test_types_of_two_architectures_are_refused(world: BatchWorld) -> None:
    def create(name: str, *types: str) -> None:
        world.client("batch").create_compute_environment(
            computeEnvironmentName=name,
            type="MANAGED",
            computeResources={
                "type": "EC2",
                "minvCpus": 0,
                "maxvCpus": 8,
                "instanceTypes": list(types),
                "subnets": [],
                "instanceRole": "ecsInstanceRole",
            },
            serviceRole="arn:aws:iam::123456789012:role/batch",
        )

    with pytest.raises(ClientError, match="c8gd, c6id must share the same architecture"):
        create("mixed", "c8gd", "c6id")
    with pytest.raises(ClientError) as refused:
        create("graviton", "c8gd", "m8gd.4xlarge")
    assert "architecture" not in str(refused.value)  # but there are no such subnets
