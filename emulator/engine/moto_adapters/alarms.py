"""CloudWatch's alarms: created from templates; nothing watches a metric here.

moto 5.2.5 has no CloudFormation model of `AWS::CloudWatch::Alarm`. An alarm's properties are the
parameters of PutMetricAlarm, which checks them.
"""

from collections.abc import Callable
from typing import Any

from moto.cloudformation.parsing import get_model_map, get_name_type_map

from emulator.engine.patches import Patches

TYPE = "AWS::CloudWatch::Alarm"


def install(patches: Patches, client: Callable[[str], Any]) -> None:
    """Create alarms by the service's API until `patches` are restored."""

    class Alarm:
        """An alarm as moto's CloudFormation handles a resource."""

        def __init__(self, name: str) -> None:
            self.physical_resource_id = name

        @staticmethod
        def cloudformation_name_type() -> str:
            """Name the property that names the resource."""
            return "AlarmName"

        @classmethod
        def has_cfn_attr(cls, attribute: str) -> bool:
            """Whether `Fn::GetAtt` knows the attribute."""
            return attribute == "Arn"

        def get_cfn_attribute(self, _attribute: str) -> str:
            """Get the one attribute."""
            described = client("cloudwatch").describe_alarms(AlarmNames=[self.physical_resource_id])
            return str(described["MetricAlarms"][0]["AlarmArn"])

        def is_created(self) -> bool:
            """Whether the resource is ready."""
            return True

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name: str, cloudformation_json: dict[str, Any], *_: object, **__: object
        ) -> "Alarm":
            """Create the alarm."""
            properties = {**cloudformation_json["Properties"], "AlarmName": resource_name}
            client("cloudwatch").put_metric_alarm(**properties)
            return cls(resource_name)

        @classmethod
        def delete_from_cloudformation_json(
            cls, resource_name: str, *_: object, **__: object
        ) -> None:
            """Delete the alarm."""
            client("cloudwatch").delete_alarms(AlarmNames=[resource_name])

    patches.set_item(get_model_map(), TYPE, Alarm)
    patches.set_item(get_name_type_map(), TYPE, Alarm.cloudformation_name_type())
