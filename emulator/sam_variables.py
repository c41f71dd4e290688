"""Variables for `sam local --env-vars`, so that functions in SAM's containers use this emulator."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.stack import Emulator

type Variables = dict[str, dict[str, str]]
"""Functions' environment variables, by the functions' logical ids."""


def sam_variables(emulator: "Emulator") -> Variables:
    """Every deployed function's own variables, and the address of the AWS API.

    SAM passes on only variables that the template names: https://docs.aws.amazon.com/
    serverless-application-model/latest/developerguide/serverless-sam-cli-using-invoke.html
    """
    pages = emulator.client("cloudformation").get_paginator("list_stack_resources")
    return {
        resource["LogicalResourceId"]: {
            **_variables_of(emulator.client("lambda"), resource["PhysicalResourceId"]),
            "AWS_ENDPOINT_URL": emulator.endpoint_url,
        }
        for page in pages.paginate(StackName=emulator.stack_name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def _variables_of(lambda_client: Any, function: str) -> dict[str, str]:
    answer = lambda_client.get_function_configuration(FunctionName=function)
    variables = answer.get("Environment", {}).get("Variables", {})
    return {name: str(value) for name, value in variables.items()}
