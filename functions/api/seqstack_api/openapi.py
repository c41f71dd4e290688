"""The API's OpenAPI document, from its routes and from the schema of a run's input."""

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from seqstack.domain.cohort_input import SCHEMA as COHORT_SCHEMA
from seqstack.domain.input_schema import file_schema, input_schema
from seqstack.workflows.definition import WorkflowDefinition
from seqstack.workflows.registry import WORKFLOWS
from seqstack_api import wes_service

_VERSION = "1.0.0"
_DEFINITIONS = "#/$defs/"
_COMPONENTS = "#/components/schemas/"
_DESCRIPTION = (
    "Start, watch and stop runs, and get their results. Requests are signed with AWS credentials "
    "(Signature Version 4, service `execute-api`), or carry a bearer token where the stack was "
    "deployed with an issuer of tokens. The paths below `/ga4gh/wes/v1` are GA4GH's Workflow "
    "Execution Service."
)

_RUN_WORKFLOW_FORM = {
    "type": "object",
    "required": ["workflow_params", "workflow_type", "workflow_type_version", "workflow_url"],
    "properties": {
        "workflow_params": {"type": "string", "description": "a run's input, as JSON"},
        "workflow_type": {"enum": list(wes_service.TYPES)},
        "workflow_type_version": {"enum": list(wes_service.TYPES.values())},
        "workflow_url": {"enum": [*wes_service.workflow_urls(), wes_service.CWL_DOCUMENT]},
        "workflow_engine": {"enum": [wes_service.ENGINE]},
        "workflow_engine_version": {"enum": [wes_service.ENGINE_VERSION]},
        "workflow_engine_parameters": {"type": "string", "description": "`{}`: there are none"},
        "tags": {"type": "string", "description": "names and values of your own, as JSON"},
        "workflow_attachment": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": f"{wes_service.CWL_DOCUMENT}, for workflow type CWL",
        },
    },
}


def document(app: APIGatewayHttpResolver) -> dict[str, Any]:
    """The OpenAPI document of the routes of `app`."""
    described: dict[str, Any] = json.loads(
        app.get_openapi_json_schema(
            title="SeqStack", version=_VERSION, description=_DESCRIPTION, openapi_version="3.1.0"
        )
    )
    _drop_validation_errors(described)
    components = described["components"]
    components["schemas"] |= _input_schemas()
    components["schemas"] |= _named("CohortInput", file_schema(COHORT_SCHEMA))
    components["schemas"]["RunWorkflowForm"] = _RUN_WORKFLOW_FORM
    components["securitySchemes"] = {
        "signature": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "AWS Signature Version 4 of service execute-api",
        },
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }
    described["security"] = [{"signature": []}, {"token": []}]
    return described


def _drop_validation_errors(described: dict[str, Any]) -> None:
    """Leave out the 422 that Powertools adds to every operation: our errors are problem details."""
    for operations in described["paths"].values():
        for operation in operations.values():
            if "HTTPValidationError" in json.dumps(operation["responses"].get("422", {})):
                del operation["responses"]["422"]
    for unused in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        del described["components"]["schemas"][unused]


def _input_schemas() -> dict[str, Any]:
    """The schemas of all inputs as components: `RunInput`, which is any of the workflows'.

    A workflow's input is named `RunInput_<workflow>`; with a single workflow, `RunInput`.
    """
    if len(WORKFLOWS) == 1:
        return _components("RunInput", *WORKFLOWS.values())
    inputs = {f"RunInput_{name}": workflow for name, workflow in WORKFLOWS.items()}
    any_of = [{"$ref": f"{_COMPONENTS}{name}"} for name in inputs]
    schemas: dict[str, Any] = {"RunInput": {"anyOf": any_of}}
    for name, workflow in inputs.items():
        schemas |= _components(name, workflow)
    return schemas


def _components(name: str, workflow: WorkflowDefinition) -> dict[str, Any]:
    """The schema of a workflow's input: `name`, and `<name>_<definition>`."""
    return _named(name, input_schema(workflow))


def _named(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """A schema as components: `name`, and `<name>_<definition>`."""
    text = json.dumps(given)
    schema = json.loads(text.replace(_DEFINITIONS, f"{_COMPONENTS}{name}_"))
    definitions = schema.pop("$defs", {})
    for key in ("$schema", "$id"):
        del schema[key]
    named = {f"{name}_{key}": definition for key, definition in definitions.items()}
    return {name: schema, **named}
