"""The answers of the Workflow Execution Service 1.1, as JSON Schema.

Fields, types and what is required are from `openapi/workflow_execution_service.openapi.yaml` of
https://github.com/ga4gh/workflow-execution-service-schemas and, for `ServiceInfo`, from
https://github.com/ga4gh-discovery/ga4gh-service-info (v1.0.0), both under the Apache License 2.0.
"""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_TEXT_BY_NAME = {"type": "object", "additionalProperties": _TEXT}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_STATE = {
    "enum": [
        "UNKNOWN",
        "QUEUED",
        "INITIALIZING",
        "RUNNING",
        "PAUSED",
        "COMPLETE",
        "EXECUTOR_ERROR",
        "SYSTEM_ERROR",
        "CANCELED",
        "CANCELING",
        "PREEMPTED",
    ]
}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


_LOG = {
    "name": _TEXT,
    "cmd": _TEXTS,
    "start_time": _TIME,
    "end_time": _TIME,
    "stdout": _TEXT,
    "stderr": _TEXT,
    "exit_code": {"type": "integer"},
    "system_logs": _TEXTS,
}
_VERSIONS = {"type": "object", "additionalProperties": {"type": "object"}}
_RUN_REQUEST = _object(
    "workflow_type workflow_type_version workflow_url",
    workflow_params={"type": "object"},
    workflow_type=_TEXT,
    workflow_type_version=_TEXT,
    tags=_TEXT_BY_NAME,
    workflow_engine_parameters=_TEXT_BY_NAME,
    workflow_engine=_TEXT,
    workflow_engine_version=_TEXT,
    workflow_url=_TEXT,
)
_RUN_SUMMARY = _object(
    "run_id tags", run_id=_TEXT, state=_STATE, start_time=_TIME, end_time=_TIME, tags=_TEXT_BY_NAME
)

SHAPES = {
    "ServiceInfo": _object(
        "id name type organization version workflow_type_versions supported_wes_versions "
        "supported_filesystem_protocols workflow_engine_versions "
        "default_workflow_engine_parameters system_state_counts auth_instructions_url tags",
        id=_TEXT,
        name=_TEXT,
        type=_object("group artifact version", group=_TEXT, artifact=_TEXT, version=_TEXT),
        description=_TEXT,
        organization=_object("name url", name=_TEXT, url={"type": "string", "format": "uri"}),
        version=_TEXT,
        workflow_type_versions={
            "type": "object",
            "additionalProperties": _object("", workflow_type_version=_TEXTS),
        },
        supported_wes_versions=_TEXTS,
        supported_filesystem_protocols=_TEXTS,
        workflow_engine_versions=_VERSIONS,
        default_workflow_engine_parameters={"type": "array", "items": {"type": "object"}},
        system_state_counts={"type": "object", "additionalProperties": {"type": "integer"}},
        auth_instructions_url=_TEXT,
        tags=_TEXT_BY_NAME,
    ),
    "RunId": _object("run_id", run_id=_TEXT),
    "RunStatus": _object("run_id", run_id=_TEXT, state=_STATE),
    "RunListResponse": _object(
        "", runs={"type": "array", "items": _RUN_SUMMARY}, next_page_token=_TEXT
    ),
    "RunLog": _object(
        "",
        run_id=_TEXT,
        request=_RUN_REQUEST,
        state=_STATE,
        run_log=_object("", **_LOG),
        task_logs_url=_TEXT,
        outputs={"type": "object"},
    ),
    "TaskLog": _object("id name", id=_TEXT, tes_uri=_TEXT, **_LOG),
    "ErrorResponse": _object("msg status_code", msg=_TEXT, status_code={"type": "integer"}),
}
SHAPES["TaskListResponse"] = _object(
    "", task_logs={"type": "array", "items": SHAPES["TaskLog"]}, next_page_token=_TEXT
)


def assert_shape(name: str, answer: Any) -> None:
    """Fail unless `answer` is what the standard calls `name`."""
    validator = Draft202012Validator(SHAPES[name], format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(answer)] == []
