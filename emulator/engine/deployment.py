"""Creates a prepared template's stack through the CloudFormation API, as `sam deploy` does."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from emulator.engine.parameters import ParameterError, check_parameters
from emulator.engine.template import ARTIFACT_BUCKET, PreparedTemplate

_EMPTY_ZIP = b"PK\x05\x06" + bytes(18)  # the code itself stays on disk
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class DeploymentError(RuntimeError):
    """The stack could not be created; the message has CloudFormation's reason."""


@dataclass(frozen=True)
class Deployment:
    """A created stack: its outputs by name, and physical ids by logical id."""

    outputs: dict[str, str]
    resources: dict[str, str]


def all_parameters(body: dict[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Fill in the defaults of parameters.

    moto 5.2.5 makes lists and numbers only of values that are passed: a default `a,b` of a
    CommaDelimitedList stays one string.
    """
    slots: dict[str, dict[str, Any]] = body.get("Parameters", {})
    defaults = {name: str(slot["Default"]) for name, slot in slots.items() if "Default" in slot}
    return defaults | dict(given)


def deploy(
    client: Callable[[str], Any],
    stack_name: str,
    prepared: PreparedTemplate,
    parameters: Mapping[str, str],
) -> Deployment:
    """Create the stack and the bucket that its code nominally comes from.

    Raises DeploymentError when CloudFormation refuses or rolls back.
    """
    try:
        check_parameters(prepared.body, parameters)
    except ParameterError as error:
        raise DeploymentError(f"{stack_name}: {error}") from error
    s3 = client("s3")
    s3.create_bucket(Bucket=ARTIFACT_BUCKET)
    for key in prepared.artifacts:
        s3.put_object(Bucket=ARTIFACT_BUCKET, Key=key, Body=_EMPTY_ZIP)
    formation = client("cloudformation")
    try:
        formation.create_stack(
            StackName=stack_name,
            TemplateBody=json.dumps(prepared.body),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": str(value)}
                for key, value in all_parameters(prepared.body, parameters).items()
            ],
            Capabilities=_CAPABILITIES,
        )
    except (BotoCoreError, ClientError) as error:
        raise DeploymentError(f"{stack_name}: {error}") from error
    stack = formation.describe_stacks(StackName=stack_name)["Stacks"][0]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        reason = stack.get("StackStatusReason", "")
        raise DeploymentError(f"{stack_name}: {stack['StackStatus']} {reason}")
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    return Deployment(
        outputs={each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        resources={
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
        },
    )
