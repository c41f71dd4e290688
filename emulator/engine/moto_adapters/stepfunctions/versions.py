"""Versions and aliases of state machines, and executions that are started by them.

moto 5.2.5 has both in its API, but no CloudFormation for them (AWS::StepFunctions::
StateMachineVersion and StateMachineAlias), starts no executions through their ARNs, and does not
report an execution's version. A stack is deployed once here, so a version is the same as the state
machine. https://docs.aws.amazon.com/step-functions/latest/dg/execution-alias-version-associate.html
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.parsing import get_model_map
from moto.stepfunctions.models import StateMachineAlias, StateMachineVersion
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import (
    StepFunctionsParserBackend,
    stepfunctions_parser_backends,
)

from emulator.engine.patches import Patches

VERSION_TYPE = "AWS::StepFunctions::StateMachineVersion"
ALIAS_TYPE = "AWS::StepFunctions::StateMachineAlias"
_PARTS_OF_A_MACHINE_ARN = 7


@dataclass(frozen=True)
class Association:
    """The version and the alias of an execution, by ARN; None where it has none."""

    version: str | None = None
    alias: str | None = None


def install_cloudformation(patches: Patches) -> None:
    """Let templates have versions and aliases until `patches` are restored."""
    for kind, model, create in (
        (VERSION_TYPE, StateMachineVersion, _create_version),
        (ALIAS_TYPE, StateMachineAlias, _create_alias),
    ):
        patches.set_item(get_model_map(), kind, model)
        patches.replace(model, "cloudformation_type", staticmethod(_says(kind)))
        patches.replace(model, "create_from_cloudformation_json", classmethod(create))
        patches.add(model, "physical_resource_id", property(lambda created: created.arn))


def install(patches: Patches) -> None:
    """Let executions start through versions and aliases until `patches` are restored."""
    start = StepFunctionsParserBackend.start_execution
    initialise = Execution.__init__
    starting = threading.local()

    def init(execution: Execution, *args: Any, **kwargs: Any) -> None:
        initialise(execution, *args, **kwargs)
        execution.association = getattr(starting, "association", Association())

    def start_execution(
        backend: StepFunctionsParserBackend, state_machine_arn: str, *args: Any, **kwargs: Any
    ) -> Execution:
        machine, starting.association = _resolve(backend, state_machine_arn)
        return start(backend, machine, *args, **kwargs)

    patches.replace(Execution, "__init__", init)
    patches.replace(StepFunctionsParserBackend, "start_execution", start_execution)


def machine_of(arn: str) -> str:
    """The ARN of a state machine without the version or alias behind it."""
    return ":".join(arn.split(":")[:_PARTS_OF_A_MACHINE_ARN])


def is_of(execution: Execution, arn: str) -> bool:
    """True for an execution of a state machine, of its version or of its alias."""
    association: Association = execution.association
    return arn in {execution.state_machine_arn, association.version, association.alias}


def _resolve(backend: StepFunctionsParserBackend, arn: str) -> tuple[str, Association]:
    machine = machine_of(arn)
    qualifier = arn.removeprefix(machine).removeprefix(":")
    if not qualifier:
        return arn, Association()
    if qualifier.isdecimal():
        return machine, Association(backend.describe_state_machine(arn).arn)
    alias = backend.describe_state_machine_alias(arn)
    return machine, Association(alias.routing_configuration[0]["stateMachineVersionArn"], arn)


def _says(kind: str) -> Callable[[], str]:
    return lambda: kind


def _create_version(
    _cls: type[StateMachineVersion],
    /,
    resource_name: str,  # noqa: ARG001 - moto calls it by name
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **_kwargs: Any,
) -> StateMachineVersion:
    properties = cloudformation_json["Properties"]
    backend = stepfunctions_parser_backends[account_id][region_name]
    machine = backend.describe_state_machine(properties["StateMachineArn"])
    machine.publish(properties.get("Description"))
    return machine.latest_version


def _create_alias(
    _cls: type[StateMachineAlias],
    /,
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **_kwargs: Any,
) -> StateMachineAlias:
    properties = cloudformation_json["Properties"]
    version = properties["DeploymentPreference"]["StateMachineVersionArn"]
    return stepfunctions_parser_backends[account_id][region_name].create_state_machine_alias(
        properties.get("Name", resource_name),
        [{"stateMachineVersionArn": version, "weight": 100}],
        properties.get("Description"),
    )
