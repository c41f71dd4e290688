"""The whole template, translated by SAM and created: every resource in every form that it can take.

A few combinations of parameters are enough for that, for no property of a resource depends on more
than three of them; every two meet in any case. `make combinations` creates all combinations. What
CloudFormation looks at before it creates anything is looked at here in every form that a resource
can take.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.server import ThreadedMotoServer

from emulator.engine.aws import ClientFactory, isolate_process_environment, set_environment
from emulator.engine.deployment import Deployment, DeploymentError, deploy
from emulator.engine.moto_adapters import alarms, cloudformation
from emulator.engine.moto_adapters.batch_definitions import keep_definitions_whole
from emulator.engine.moto_adapters.batch_policies import keep_policies_whole
from emulator.engine.moto_adapters.batch_queues import keep_queues_whole
from emulator.engine.moto_adapters.stepfunctions import map_files
from emulator.engine.patches import Patches
from emulator.engine.template import PreparedTemplate, prepare
from scripts.cfn_translation import translate
from scripts.cfn_values import UnresolvedError, resolve
from tests.integration.stack.covering import covering

BUILT = Path(__file__).parents[3] / ".aws-sam/build/template.yaml"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# What the template's conditions depend on: the values that decide them differently.
VALUES = {
    "InstanceTypes": ["", "c6id,r6id.4xlarge"],
    "Network": ["public", "private", "existing"],
    "AvailabilityZones": ["2", "3"],
    "OnDemandFallback": ["none", "highPriority", "both"],
    "ScratchVolumeGiB": ["0", "720"],
    "EncryptionKey": ["", "create", KEY],
    "InputBuckets": ["", "arn:aws:s3:::amzn-s3-demo-source-bucket"],
    "InputKeys": ["", KEY],
    "ExpireIntermediatesAfterDays": ["0", "30"],
    "ApiTokenIssuer": ["", "https://issuer.example.org/pool"],
    "ConfineCallersBy": ["", "project"],
    "NotificationEmail": ["", "core@example.org"],
    "AlarmEmail": ["", "core@example.org"],
    "PermissionsBoundary": ["", "arn:aws:iam::123456789012:policy/boundary"],
}
# The parameters that decide a property's form together, where they are more than two.
TOGETHER = [
    ("AvailabilityZones", "InstanceTypes", "Network"),
    ("EncryptionKey", "InputBuckets", "InputKeys"),
    ("EncryptionKey", "ApiTokenIssuer", "ConfineCallersBy"),
]
# What hosts and jobs call, but for S3:
# docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html and
# docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
NEEDED = {"ecs-agent", "ecs-telemetry", "ecs", "ecr.api", "ecr.dkr", "logs"}


def chosen() -> list[dict[str, str]]:
    if os.environ.get("COMBINATIONS") == "all":
        return [dict(zip(VALUES, values, strict=True)) for values in product(*VALUES.values())]
    return covering(VALUES, [*combinations(VALUES, 2), *TOGETHER])


def with_what_they_need(combination: dict[str, str]) -> dict[str, str]:
    """The combination with the parameters that must come with some of its values."""
    audience = {"ApiTokenAudience": "seqstack"} if combination["ApiTokenIssuer"] else {}
    return {"Environment": "test", **combination, **audience}


def named(combination: dict[str, str]) -> str:
    return ",".join(value.rpartition("/")[2] or "-" for value in combination.values())


@dataclass
class World:
    """An account without a stack, in a region with an existing VPC."""

    clients: ClientFactory

    def client(self, service: str) -> Any:
        return self.clients.client(service)

    def make_network(self) -> dict[str, str]:
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
            for number in range(2)
        ]
        return {"VpcId": vpc, "SubnetIds": ",".join(subnets)}

    def deploy(self, parameters: dict[str, str]) -> "Stack":
        prepared = prepare(BUILT, parameters, cloudformation.has_model)
        made = deploy(self.client, "seqstack", prepared, parameters)
        return Stack(self, parameters, made, prepared)


@dataclass
class Stack:
    world: World
    given: dict[str, str]
    made: Deployment
    prepared: PreparedTemplate

    @property
    def vpc(self) -> str:
        return self.given.get("VpcId") or self.made.resources["Vpc"]

    def of_vpc(self, operation: str, key: str, by: str = "vpc-id") -> list[Any]:
        ask = getattr(self.world.client("ec2"), operation)
        return list(ask(Filters=[{"Name": by, "Values": [self.vpc]}])[key])

    def hosts(self, environment: str) -> dict[str, Any]:
        answer = self.world.client("batch").describe_compute_environments(
            computeEnvironments=[self.made.resources[environment]]
        )
        return dict(answer["computeEnvironments"][0]["computeResources"])


@pytest.fixture
def world() -> Iterator[World]:
    before = isolate_process_environment()
    patches = Patches()
    cloudformation.install(patches)
    map_files.install(patches)  # definitions are checked at their creation
    for adapt in (keep_definitions_whole, keep_queues_whole, keep_policies_whole):
        adapt(patches)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    clients = ClientFactory("http://{}:{}".format(*server.get_host_and_port()))
    alarms.install(patches, clients.client)
    yield World(clients)
    clients.close()
    server.stop()
    BackendDict.reset()
    reset_model_data()
    patches.restore()
    set_environment(before)


def test_values_are_those_of_every_parameter_that_decides_a_condition(
    template: dict[str, Any],
) -> None:
    assert set(VALUES) == set(references(template["Conditions"]))


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        # what the region decides (AWS::Partition) is no parameter
        yield from [node["Ref"]] if not node.get("Ref", "AWS::").startswith("AWS::") else []
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_chosen_combinations_hold_every_two_and_are_few() -> None:
    rows = covering(VALUES, combinations(VALUES, 2))

    for one, other in combinations(VALUES, 2):
        met = {(row[one], row[other]) for row in rows}
        assert met == set(product(VALUES[one], VALUES[other])), (one, other)
    assert len(rows) < 20  # of 55,296


def test_chosen_combinations_hold_every_form_of_every_property() -> None:
    translated = translate(BUILT)
    rows = chosen()

    for name, resource in translated["Resources"].items():
        exists = {"Condition": resource["Condition"]} if "Condition" in resource else {}
        for key, value in resource.get("Properties", {}).items():
            deciding = deciding_parameters([exists, value], translated)
            forms = {tuple(row[parameter] for parameter in deciding) for row in rows}
            every = set(product(*(VALUES[parameter] for parameter in deciding)))
            assert forms == every, f"{name}.{key}"


def deciding_parameters(node: Any, translated: dict[str, Any]) -> list[str]:
    """The parameters that decide whether something is there, and what it says."""
    conditions = [translated["Conditions"][condition] for condition in deciders(node)]
    return sorted(set(parameters_of(conditions, translated["Conditions"])))


def parameters_of(node: Any, conditions: dict[str, Any]) -> Iterator[str]:
    """The parameters that conditions depend on, through other conditions, too."""
    yield from references(node)
    for other in deciders(node):
        yield from parameters_of(conditions[other], conditions)


def deciders(node: Any) -> Iterator[str]:
    """The conditions that decide whether a resource is there, and what it says."""
    if isinstance(node, dict):
        if "Fn::If" in node:
            yield node["Fn::If"][0]
        for key, value in node.items():
            if key == "Condition" and isinstance(value, str):
                yield value
            yield from deciders(value)
    elif isinstance(node, list):
        for item in node:
            yield from deciders(item)


def test_no_combination_refers_to_what_it_does_not_create() -> None:
    forms, broken = forms_by_themselves(translate(BUILT))

    assert broken == {}
    assert 500 < forms < 10_000  # all that there are, and not all combinations of each


def test_reference_to_what_a_combination_does_not_create_is_found() -> None:
    translated = translate(BUILT)
    del translated["Resources"]["InternetRoute"]["Condition"]

    _, broken = forms_by_themselves(translated)

    assert set(broken) == {"InternetRoute"}
    assert "InternetGateway does not exist" in broken["InternetRoute"]


def forms_by_themselves(translated: dict[str, Any]) -> tuple[int, dict[str, str]]:
    """Resolve each resource and output alone, in all that decides it and what it may refer to.

    What other parameters say changes neither what it refers to nor whether that is there. Returns
    how many forms there were, and by name why one could not be resolved.
    """
    forms, broken = 0, {}
    resources = translated["Resources"]
    bare = {
        name: {key: value for key, value in resource.items() if key != "Properties"}
        for name, resource in resources.items()
    }
    parts = [(name, {"Resources": bare | {name: one}}) for name, one in resources.items()]
    parts += [
        (name, {"Resources": bare, "Outputs": {name: output}})
        for name, output in translated["Outputs"].items()
    ]
    for name, part in parts:
        own = part["Outputs"][name] if "Outputs" in part else resources[name]
        named = [own, *(bare[word] for word in words(own) & set(resources))]
        deciding = deciding_parameters(named, translated)
        for values in product(*(VALUES[parameter] for parameter in deciding)):
            forms += 1
            try:
                resolve(
                    {**translated, "Outputs": {}, **part}, dict(zip(deciding, values, strict=True))
                )
            except UnresolvedError as error:
                broken.setdefault(name, f"{dict(zip(deciding, values, strict=True))}: {error}")
    return forms, broken


def words(node: Any) -> set[str]:
    """Every word of every text: among them the names of whatever is referred to."""
    if isinstance(node, dict):
        return {word for pair in node.items() for item in pair for word in words(item)}
    if isinstance(node, list):
        return {word for item in node for word in words(item)}
    return set(re.findall("[A-Za-z0-9]+", node)) if isinstance(node, str) else set()


@pytest.mark.long
@pytest.mark.parametrize("combination", chosen(), ids=named)
def test_stack_is_created_with_what_the_parameters_ask_for(
    world: World, combination: dict[str, str]
) -> None:
    more = world.make_network() if combination["Network"] == "existing" else {}

    stack = world.deploy({**with_what_they_need(combination), **more})

    {"public": is_public, "private": is_private, "existing": is_elsewhere}[combination["Network"]](
        stack
    )
    hosts_are_closed_and_idle(stack)
    disks_are_encrypted(stack)
    queues_fall_back(stack)
    assert ("DataKey" in stack.made.resources) == (combination["EncryptionKey"] == "create")


def is_public(stack: Stack) -> None:
    assert len(internet_gateways(stack)) == 1
    assert ("0.0.0.0/0", "igw") in routes(stack)
    assert endpoints(stack, "Interface") == set()
    assert endpoints(stack, "Gateway") == {"s3", "dynamodb"}
    hosts_run_in_every_subnet(stack)


def is_private(stack: Stack) -> None:
    assert internet_gateways(stack) == []
    assert "0.0.0.0/0" not in {target for target, _ in routes(stack)}
    assert endpoints(stack, "Interface") == NEEDED
    assert endpoints(stack, "Gateway") == {"s3", "dynamodb"}
    hosts_run_in_every_subnet(stack)
    (group,) = stack.world.client("ec2").describe_security_groups(
        GroupIds=[stack.made.resources["EndpointSecurityGroup"]]
    )["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpRanges"]) == (443, 443, [])
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [
        stack.made.resources["HostSecurityGroup"]
    ]


def is_elsewhere(stack: Stack) -> None:
    made = {
        resource["Type"].split("::")[2]
        for name, resource in stack.prepared.body["Resources"].items()
        if name in stack.made.resources and resource["Type"].startswith("AWS::EC2::")
    }
    assert made == {"LaunchTemplate", "SecurityGroup"}
    for environment in ("SpotComputeEnvironment", "OnDemandComputeEnvironment"):
        assert stack.hosts(environment)["subnets"] == stack.given["SubnetIds"].split(",")


def hosts_run_in_every_subnet(stack: Stack) -> None:
    """Subnets are as many as zones, each in its own."""
    subnets = stack.of_vpc("describe_subnets", "Subnets")
    zones = {subnet["AvailabilityZone"] for subnet in subnets}
    assert len(subnets) == len(zones) == int(stack.given["AvailabilityZones"])
    for environment in ("SpotComputeEnvironment", "OnDemandComputeEnvironment"):
        hosts_in = stack.hosts(environment)["subnets"]
        assert set(hosts_in) == {subnet["SubnetId"] for subnet in subnets}


def internet_gateways(stack: Stack) -> list[Any]:
    return stack.of_vpc("describe_internet_gateways", "InternetGateways", "attachment.vpc-id")


def routes(stack: Stack) -> set[tuple[str, str]]:
    return {
        (route["DestinationCidrBlock"], route.get("GatewayId", "").partition("-")[0])
        for table in stack.of_vpc("describe_route_tables", "RouteTables")
        for route in table["Routes"]
        if "DestinationCidrBlock" in route
    }


def endpoints(stack: Stack, kind: str) -> set[str]:
    found = stack.of_vpc("describe_vpc_endpoints", "VpcEndpoints")
    return {
        one["ServiceName"].removeprefix("com.amazonaws.us-east-1.")
        for one in found
        if one["VpcEndpointType"] == kind
    }


def hosts_are_closed_and_idle(stack: Stack) -> None:
    ec2 = stack.world.client("ec2")
    (group,) = ec2.describe_security_groups(GroupIds=[stack.made.resources["HostSecurityGroup"]])[
        "SecurityGroups"
    ]
    assert group["VpcId"] == stack.vpc
    assert group["IpPermissions"] == []
    assert stack.of_vpc("describe_nat_gateways", "NatGateways") == []
    for environment in ("SpotComputeEnvironment", "OnDemandComputeEnvironment"):
        hosts = stack.hosts(environment)
        assert int(hosts["minvCpus"]) == 0
        assert "ec2KeyPair" not in hosts
        assert hosts["securityGroupIds"] == [group["GroupId"]]


def disks_are_encrypted(stack: Stack) -> None:
    (version,) = stack.world.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=stack.made.resources["HostLaunchTemplate"]
    )["LaunchTemplateVersions"]
    disks = {
        disk["DeviceName"]: disk["Ebs"]
        for disk in version["LaunchTemplateData"]["BlockDeviceMappings"]
    }
    sizes = {"/dev/xvda": 30, "/dev/xvdcz": int(stack.given["ScratchVolumeGiB"])}
    assert {name: int(disk["VolumeSize"]) for name, disk in disks.items()} == {
        name: size for name, size in sizes.items() if size
    }
    assert all(str(disk["Encrypted"]).lower() == "true" for disk in disks.values())
    assert ("KmsKeyId" in disks["/dev/xvda"]) == bool(stack.given["EncryptionKey"])


def queues_fall_back(stack: Stack) -> None:
    spot, on_demand = (
        stack.made.resources[f"{kind}ComputeEnvironment"] for kind in ("Spot", "OnDemand")
    )
    falls_back = {"none": 0, "highPriority": 1, "both": 2}[stack.given["OnDemandFallback"]]
    queues = stack.world.client("batch").describe_job_queues()["jobQueues"]
    order = {
        queue["jobQueueName"].removesuffix("-test"): [
            entry["computeEnvironment"] for entry in queue["computeEnvironmentOrder"]
        ]
        for queue in queues
    }
    assert order == {
        "highPriority": [spot, on_demand] if falls_back >= 1 else [spot],
        "lowPriority": [spot, on_demand] if falls_back >= 2 else [spot],
        "onDemand": [on_demand],
    }
    assert all(queue["schedulingPolicyArn"] for queue in queues)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"Network": "existing"}, "Network=existing needs VpcId"),
        ({"Network": "existing", "VpcId": "vpc-0a1b2c3d"}, "Network=existing needs SubnetIds"),
        ({"VpcId": "vpc-0a1b2c3d"}, "VpcId is for Network=existing"),
        ({"Network": "private", "SubnetIds": "subnet-0a1b2c3d"}, "SubnetIds are for Network=exi"),
        ({"Network": "existing", "VpcId": "mine"}, "VpcId: the id of a VPC"),
        ({"Network": "mine"}, "Network: one of public, private, existing"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused_before_anything_is_made(
    world: World, wrong: dict[str, str], why: str
) -> None:
    with pytest.raises(DeploymentError, match=why):
        world.deploy({"Environment": "test", **wrong})
    assert world.client("batch").describe_job_queues()["jobQueues"] == []


@pytest.mark.long
def test_deleted_stack_keeps_what_is_retained_except_on_create(world: World) -> None:
    formation = world.client("cloudformation")
    queues = {
        "Kept": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "RetainExceptOnCreate"},
        "Gone": {"Type": "AWS::SQS::Queue"},
    }
    formation.create_stack(StackName="kept", TemplateBody=json.dumps({"Resources": queues}))

    formation.delete_stack(StackName="kept")

    (left,) = world.client("sqs").list_queues()["QueueUrls"]
    assert "Kept" in left
