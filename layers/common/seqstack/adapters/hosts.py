"""The EC2 instance behind a container instance of Batch's ECS cluster."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.cost.hosts import Host, PurchaseOption

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
_TYPE, _ZONE = "ecs.instance-type", "ecs.availability-zone"


def describe_host(container_instance: str) -> Host:
    """What ECS and EC2 say of a host, by its ARN in ECS; what they have forgotten stays unknown."""
    cluster, _, _ = container_instance.partition(":container-instance/")[2].rpartition("/")
    if not cluster:
        return Host()
    try:
        with translated_errors():
            answer = client("ecs").describe_container_instances(
                cluster=cluster, containerInstances=[container_instance]
            )
    except ClientError:  # its cluster is gone too
        return Host()
    if not answer["containerInstances"]:
        return Host()
    found = answer["containerInstances"][0]
    instance_id = found.get("ec2InstanceId", "")
    attributes = {one["name"]: one.get("value", "") for one in found.get("attributes", [])}
    instance = _instance(instance_id)
    return Host(
        instance_id=instance_id,
        instance_type=instance.get("InstanceType") or attributes.get(_TYPE, ""),
        purchase_option=_purchase_option(instance),
        availability_zone=instance.get("Placement", {}).get("AvailabilityZone")
        or attributes.get(_ZONE, ""),
    )


def _instance(instance_id: str) -> "dict[str, Any] | InstanceTypeDef":
    try:
        with translated_errors():
            answer = client("ec2").describe_instances(InstanceIds=[instance_id])
    except ClientError:  # an hour after its end EC2 does not know it any more
        return {}
    instances = [one for group in answer["Reservations"] for one in group["Instances"]]
    return instances[0] if instances else {}


def _purchase_option(instance: "dict[str, Any] | InstanceTypeDef") -> PurchaseOption | None:
    """EC2 names the lifecycle of Spot and scheduled instances, and none of those on demand."""
    if not instance:
        return None
    is_spot = instance.get("InstanceLifecycle") == "spot"
    return PurchaseOption.SPOT if is_spot else PurchaseOption.ON_DEMAND
