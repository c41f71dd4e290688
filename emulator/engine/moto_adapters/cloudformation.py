"""CloudFormation: types that moto 5.2.5 can create, and properties that its models ignore."""

import json
from types import SimpleNamespace
from typing import Any

import yaml
from moto.awslambda.models import LambdaFunction, LayerVersion
from moto.batch.models import ComputeEnvironment
from moto.cloudformation import models, parsing, responses
from moto.cloudformation.parsing import get_model_map
from moto.iam.models import iam_backends
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.utils import cfn_to_api_tags

from emulator.engine.moto_adapters import alarms, batch_policies, s3
from emulator.engine.moto_adapters.stepfunctions import versions
from emulator.engine.patches import Patches

_BATCH_ROLE = "AWSServiceRoleForBatch"
_BATCH_ROLE_PATH = "/aws-service-role/batch.amazonaws.com/"
_TRUST_BATCH = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
    '"Principal":{"Service":"batch.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
)


# Types that adapters add before a stack is created.
_ADDED = frozenset({alarms.TYPE, batch_policies.TYPE, versions.VERSION_TYPE, versions.ALIAS_TYPE})


def has_model(resource_type: str) -> bool:
    """True when moto's CloudFormation, as adapted, can create `resource_type`."""
    known = resource_type in get_model_map() or resource_type in _ADDED
    return known or resource_type.startswith("Custom::")


def install(patches: Patches) -> None:
    """Adapt moto's CloudFormation models until `patches` are restored."""
    s3.install(patches)
    _create_state_machines_where_they_execute(patches)
    _give_state_machines_an_arn_and_a_revision(patches)
    versions.install_cloudformation(patches)
    _read_all_function_properties(patches)
    _give_compute_environments_a_service_role(patches)
    _leave_no_value_out_of_lists(patches)
    _keep_what_is_retained_except_on_create(patches)
    _read_json_as_json(patches)


def _read_json_as_json(patches: Patches) -> None:
    """moto reads every template as YAML, in Python: half of a stack's creation.

    Other text is read as before.
    """

    def load(text: str, Loader: Any) -> Any:  # noqa: N803 - PyYAML's name
        try:
            return json.loads(text)
        except ValueError:
            return yaml.load(text, Loader=Loader)  # noqa: S506

    reader = SimpleNamespace(
        load=load, Loader=yaml.Loader, add_multi_constructor=yaml.add_multi_constructor
    )
    for module in (models, responses):
        patches.replace(module, "yaml", reader)


def _create_state_machines_where_they_execute(patches: Patches) -> None:
    """moto puts a template's state machine into the backend that does not execute.

    It also ignores DefinitionSubstitutions, LoggingConfiguration, TracingConfiguration and
    StateMachineType.
    """

    def create(
        _cls: type[StateMachine],
        /,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_kwargs: Any,
    ) -> StateMachine:
        properties = cloudformation_json["Properties"]
        definition = properties["DefinitionString"]
        for name, value in properties.get("DefinitionSubstitutions", {}).items():
            definition = definition.replace("${" + name + "}", str(value))
        tags = cfn_to_api_tags(properties.get("Tags", []))
        return stepfunctions_parser_backends[account_id][region_name].create_state_machine(
            properties.get("StateMachineName", resource_name),
            definition,
            properties["RoleArn"],
            tags=tags,
            loggingConfiguration=_camel(properties.get("LoggingConfiguration")),
            tracingConfiguration=_camel(properties.get("TracingConfiguration")),
            sm_type=properties.get("StateMachineType"),
        )

    patches.replace(StateMachine, "create_from_cloudformation_json", classmethod(create))


def _give_state_machines_an_arn_and_a_revision(patches: Patches) -> None:
    """moto supports only `!Ref`, not `!GetAtt` of `Arn` and `StateMachineRevisionId`."""
    knows = StateMachine.has_cfn_attr.__func__
    get = StateMachine.get_cfn_attribute

    def has_attribute(cls: type[StateMachine], attribute: str) -> bool:
        return attribute in {"Arn", "StateMachineRevisionId"} or knows(cls, attribute)

    def get_attribute(machine: StateMachine, attribute: str) -> Any:
        if attribute == "StateMachineRevisionId":
            return "INITIAL"  # AWS's name of the first
        return machine.arn if attribute == "Arn" else get(machine, attribute)

    patches.replace(StateMachine, "has_cfn_attr", classmethod(has_attribute))
    patches.replace(StateMachine, "get_cfn_attribute", get_attribute)


def _camel(node: Any) -> Any:
    """The API's names (`logGroupArn`) for CloudFormation's (`LogGroupArn`)."""
    if isinstance(node, dict):
        return {key[0].lower() + key[1:]: _camel(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_camel(item) for item in node]
    return node


def _read_all_function_properties(patches: Patches) -> None:
    """moto drops a function's Layers, LoggingConfig and DeadLetterConfig, and a layer's ARN.

    The resolved properties are kept on the function as `cloudformation_properties`.
    """
    original = LambdaFunction.create_from_cloudformation_json.__func__

    def create(cls: type[LambdaFunction], name: str, source: Any, *args: Any, **kwargs: Any) -> Any:
        function = original(cls, name, source, *args, **kwargs)
        properties = source["Properties"]
        function.cloudformation_properties = properties
        function.layers = function._get_layers_data(properties.get("Layers", []))
        return function

    patches.replace(LambdaFunction, "create_from_cloudformation_json", classmethod(create))
    patches.add(LayerVersion, "physical_resource_id", property(lambda layer: layer.arn))


def _leave_no_value_out_of_lists(patches: Patches) -> None:
    """moto leaves `AWS::NoValue` out of objects only; an item of a list becomes None.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
    """
    clean_as_moto_does = parsing.clean_json

    def clean(node: Any, resources: parsing.ResourceMap) -> Any:
        cleaned = clean_as_moto_does(node, resources)
        return [each for each in cleaned if each is not None] if type(node) is list else cleaned

    patches.replace(parsing, "clean_json", clean)


def _keep_what_is_retained_except_on_create(patches: Patches) -> None:
    """moto deletes a stack's resources with this policy, which AWS keeps once they are created.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    original = parsing.ResourceMap.delete

    def delete(resources: parsing.ResourceMap) -> None:
        for resource in resources._resource_json_map.values():
            if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
                resource["DeletionPolicy"] = "Retain"
        original(resources)

    patches.replace(parsing.ResourceMap, "delete", delete)


def _give_compute_environments_a_service_role(patches: Patches) -> None:
    """moto requires ServiceRole; Batch creates its service-linked role when it is left out.

    https://docs.aws.amazon.com/batch/latest/userguide/using-service-linked-roles.html
    """
    original = ComputeEnvironment.create_from_cloudformation_json.__func__

    def create(
        cls: type[ComputeEnvironment],
        /,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        properties = cloudformation_json["Properties"]
        if "ServiceRole" not in properties:
            properties["ServiceRole"] = _batch_service_role(account_id)
        return original(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)

    patches.replace(ComputeEnvironment, "create_from_cloudformation_json", classmethod(create))


def _batch_service_role(account_id: str) -> str:
    iam = iam_backends[account_id]["aws"]
    for role in iam.roles.values():
        if role.name == _BATCH_ROLE:
            return str(role.arn)
    role = iam.create_role(_BATCH_ROLE, _TRUST_BATCH, _BATCH_ROLE_PATH, None, "", [], "3600")
    return str(role.arn)
