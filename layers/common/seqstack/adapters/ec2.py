"""EC2: the instance behind a host of Batch's ECS cluster; instance types and their prices."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, price_list, translated_errors
from seqstack.domain.cost.hosts import Host, InstanceShape, PurchaseOption
from seqstack.domain.cost.prices import ON_DEMAND_LIST, SPOT_HISTORY, HourlyPrice, PriceChange

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef
    from mypy_boto3_pricing.type_defs import FilterTypeDef


# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-constraints.html
_TYPE, _ZONE = "ecs.instance-type", "ecs.availability-zone"


def describe_host(container_instance: str) -> Host:
    """Describe a host by its ARN in ECS; what ECS and EC2 have forgotten is unknown."""
    cluster, _, _ = container_instance.partition(":container-instance/")[2].rpartition("/")
    if not cluster:
        return Host()
    try:
        with translated_errors():
            answer = client("ecs").describe_container_instances(
                cluster=cluster, containerInstances=[container_instance]
            )
    except ClientError:  # its cluster was deleted too
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
    except ClientError:  # EC2 forgets an instance an hour after its end
        return {}
    instances = [one for group in answer["Reservations"] for one in group["Instances"]]
    return instances[0] if instances else {}


def _purchase_option(instance: "dict[str, Any] | InstanceTypeDef") -> PurchaseOption | None:
    """EC2 returns a lifecycle for Spot and scheduled instances, but not for on-demand ones."""
    if not instance:
        return None
    is_spot = instance.get("InstanceLifecycle") == "spot"
    return PurchaseOption.SPOT if is_spot else PurchaseOption.ON_DEMAND


logger = Logger(child=True)

_LINUX = ("Linux/UNIX", "Linux/UNIX (Amazon VPC)")
_MS_PER_SECOND = 1000


class Market:
    """Instance types and prices of this region.

    None if AWS denies access: the packaged table is used.
    """

    def shape(self, instance_type: str) -> InstanceShape | None:
        """vCPUs and memory of an instance type."""
        try:
            with translated_errors():
                answer = client("ec2").describe_instance_types(
                    InstanceTypes=[instance_type]  # type: ignore[list-item] # from EC2 itself
                )
        except ClientError as error:
            _tell_refusal(error)
            return None
        found = answer["InstanceTypes"][0]
        return InstanceShape(found["VCpuInfo"]["DefaultVCpus"], found["MemoryInfo"]["SizeInMiB"])

    def spot_price(self, instance_type: str, zone: str, since: int) -> HourlyPrice | None:
        """The Spot price of Linux in a zone, from the one in effect at `since` (ms) until now.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
        """
        pages = (
            client("ec2")
            .get_paginator("describe_spot_price_history")
            .paginate(
                InstanceTypes=[instance_type],  # type: ignore[list-item] # from EC2 itself
                AvailabilityZone=zone,
                ProductDescriptions=list(_LINUX),
                StartTime=datetime.fromtimestamp(since / _MS_PER_SECOND, UTC),
            )
        )
        try:
            with translated_errors():
                entries = [entry for page in pages for entry in page["SpotPriceHistory"]]
        except ClientError as error:
            _tell_refusal(error)
            return None
        changes = {
            int(entry["Timestamp"].timestamp() * _MS_PER_SECOND): Decimal(entry["SpotPrice"])
            for entry in entries
        }
        if not changes:
            return None
        ordered = tuple(PriceChange(at, changes[at]) for at in sorted(changes))
        return HourlyPrice(ordered, SPOT_HISTORY)

    def on_demand_price(self, instance_type: str) -> HourlyPrice | None:
        """The on-demand price of Linux with shared tenancy, from the Pricing API."""
        region = client("ec2").meta.region_name
        wanted = {
            "instanceType": instance_type,
            "regionCode": region,
            "operatingSystem": "Linux",
            "tenancy": "Shared",
            "preInstalledSw": "NA",
            "capacitystatus": "Used",
            "marketoption": "OnDemand",
        }
        filters: list[FilterTypeDef] = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in wanted.items()
        ]
        try:
            with translated_errors():
                answer = price_list(region).get_products(ServiceCode="AmazonEC2", Filters=filters)
        except ClientError as error:
            _tell_refusal(error)
            return None
        prices = [price for product in answer["PriceList"] for price in _usd_per_hour(product)]
        return HourlyPrice.constant(prices[0], ON_DEMAND_LIST) if prices else None


def _usd_per_hour(product: str) -> Iterator[Decimal]:
    terms: dict[str, Any] = json.loads(product)["terms"].get("OnDemand", {})
    for term in terms.values():
        for dimension in term["priceDimensions"].values():
            price = Decimal(dimension["pricePerUnit"].get("USD", 0))
            if dimension["unit"] == "Hrs" and price:
                yield price


def _tell_refusal(error: ClientError) -> None:
    logger.warning("AWS returned no price", operation=error.operation_name, error=str(error))
