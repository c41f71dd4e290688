"""Batch's scheduling policies: checked, and created from templates.

moto 5.2.5 stores scheduling policies unchecked, and lets a queue name one that does not exist.
CloudFormation cannot create them.
"""

from typing import Any

from moto.batch.exceptions import ClientException
from moto.batch.models import BatchBackend, JobQueue, SchedulingPolicy, batch_backends
from moto.cloudformation.parsing import get_model_map, get_name_type_map

from emulator.engine.batch.fair_share import check_policy
from emulator.engine.patches import Patches

TYPE = "AWS::Batch::SchedulingPolicy"


class TemplatePolicy:
    """A scheduling policy as moto's CloudFormation handles a resource."""

    def __init__(self, policy: SchedulingPolicy) -> None:
        self.physical_resource_id: str = policy.arn

    @staticmethod
    def cloudformation_name_type() -> str:
        """Name the property that names the resource."""
        return "Name"

    @classmethod
    def has_cfn_attr(cls, attribute: str) -> bool:
        """Whether `Fn::GetAtt` knows the attribute."""
        return attribute == "Arn"

    def get_cfn_attribute(self, _attribute: str) -> str:
        """Get the one attribute."""
        return self.physical_resource_id

    def is_created(self) -> bool:
        """Whether the resource is ready."""
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_kwargs: object,
    ) -> "TemplatePolicy":
        """Create the policy through the backend."""
        properties = cloudformation_json["Properties"]
        policy = batch_backends[account_id][region_name].create_scheduling_policy(
            resource_name, _api_form(properties.get("FairsharePolicy", {})), properties.get("Tags")
        )
        return cls(policy)

    @classmethod
    def delete_from_cloudformation_json(
        cls,
        resource_name: str,
        _cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> None:
        """Delete the policy through the backend."""
        batch_backends[account_id][region_name].delete_scheduling_policy(resource_name)


def keep_policies_whole(patches: Patches) -> None:
    """Check and create scheduling policies until `patches` are restored."""
    create_as_moto_does = BatchBackend.create_scheduling_policy

    def create(
        backend: BatchBackend, name: str, fairshare_policy: dict[str, Any], tags: dict[str, str]
    ) -> SchedulingPolicy:
        try:
            check_policy(fairshare_policy or {})
        except ValueError as error:
            raise ClientException(str(error)) from error
        return create_as_moto_does(backend, name, fairshare_policy or {}, tags or {})

    patches.replace(BatchBackend, "create_scheduling_policy", create)
    patches.set_item(get_model_map(), TYPE, TemplatePolicy)
    patches.set_item(get_name_type_map(), TYPE, TemplatePolicy.cloudformation_name_type())


def has_policy(queue: JobQueue) -> bool:
    """Whether a queue has a scheduling policy; without one it is first in, first out."""
    if not queue.schedule_policy:
        return False
    if not queue.backend.describe_scheduling_policies([queue.schedule_policy]):
        raise ClientException(f"Scheduling policy {queue.schedule_policy} does not exist")
    return True


def _api_form(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "computeReservation": int(properties.get("ComputeReservation", 0)),
        "shareDecaySeconds": int(properties.get("ShareDecaySeconds", 0)),
        "shareDistribution": [
            {
                "shareIdentifier": share["ShareIdentifier"],
                "weightFactor": float(share.get("WeightFactor", 1)),
            }
            for share in properties.get("ShareDistribution", [])
        ],
    }
