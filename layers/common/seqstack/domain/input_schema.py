"""The input's JSON Schema (Draft 2020-12), and its problems by JSON path.

jsonschema is imported at the first check: the API has the schemas without checking anything.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from seqstack.domain.errors import Problem
from seqstack.domain.input_text import child_path, refused_texts
from seqstack.domain.plain_text import refusal
from seqstack.domain.s3uri import S3Uri
from seqstack.workflows.definition import WorkflowDefinition
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator


def input_schema(workflow: WorkflowDefinition = SECONDARY_ANALYSIS) -> dict[str, Any]:
    """The schema of a workflow's input, with the blocks of its tools.

    The file has no names of tools. Only a tool with its own form of reference has
    `referenceS3Path`.
    """
    schema = file_schema(workflow.schema)
    definitions = schema["$defs"]
    with_reference = definitions["tool"]
    without = {k: v for k, v in with_reference["properties"].items() if k != "referenceS3Path"}
    definitions |= {
        "tool": {**with_reference, "properties": without},
        "toolWithReference": with_reference,
    }
    for tool in workflow.tools:
        kind = "toolWithReference" if tool.definition.own_reference else "tool"
        schema["properties"][str(tool)] = {"$ref": f"#/$defs/{kind}"}
    schema["additionalProperties"] = False
    return schema


@cache
def input_validator(workflow: WorkflowDefinition = SECONDARY_ANALYSIS) -> "Validator":
    """The validator of a workflow's input."""
    return _strict(input_schema(workflow))


def schema_validator(name: str) -> "Validator":
    """The validator of another file with a schema, in `seqstack.domain`."""
    return _strict(file_schema(name))


def file_schema(name: str) -> dict[str, Any]:
    """The schema in a file of `seqstack.domain`."""
    schema: dict[str, Any] = json.loads(files("seqstack.domain").joinpath(name).read_text())
    return schema


def _strict(schema: dict[str, Any]) -> "Validator":
    from jsonschema import Draft202012Validator, FormatChecker, validators  # noqa: PLC0415
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415

    formats = FormatChecker(formats=())

    @formats.checks("s3-uri", raises=ValueError)
    def _is_s3_uri(value: object) -> bool:
        return not isinstance(value, str) or bool(S3Uri.parse(value))

    def _matches_whole(
        _validator: "Validator", pattern: str, instance: object, _schema: object
    ) -> Iterator[ValidationError]:
        """Check `pattern` as in JSON Schema: Python's `$` would match before a last newline."""
        if isinstance(instance, str) and not re.fullmatch(pattern, instance):
            yield ValidationError(f"{instance!r} does not match {pattern!r}")

    Draft202012Validator.check_schema(schema)
    strict = validators.extend(  # type: ignore[no-untyped-call] # jsonschema's stubs lack it
        Draft202012Validator, {"pattern": _matches_whole}
    )
    validator: Validator = strict(schema, format_checker=formats)
    return validator


def check_schema(
    document: Any, workflow: WorkflowDefinition = SECONDARY_ANALYSIS
) -> tuple[list[Problem], dict[str, Any]]:
    """Compare `document` with the schema of a workflow's input, as `check_against` does."""
    return check_against(document, input_validator(workflow))


def check_against(document: Any, validator: "Validator") -> tuple[list[Problem], dict[str, Any]]:
    """Compare `document` with a schema.

    Returns:
        All problems, and a copy of the valid part. In the copy, an invalid item of a list is None,
        and an invalid object is empty.

    A key or value with control or invisible characters is always reported as such, before other
    problems of the schema.
    """
    refused = list(refused_texts(document))
    found = validator.iter_errors(document)
    errors = [each for each in found if not _is_no_text(each)]
    unlike = {error.json_path for error in errors if error.validator == "pattern"}
    problems = [each.problem for each in refused]
    problems += [
        problem
        for error in errors
        # if it is not an S3 URI at all, one message is enough
        if not (error.validator == "format" and error.json_path in unlike)
        for problem in _problems_of(error)
    ]
    sound = copy.deepcopy(document) if isinstance(document, dict) else {}
    for error in sorted(errors, key=lambda error: len(error.absolute_path), reverse=True):
        _leave_out(error, sound)
    for each in refused:
        each.leave_out(sound)
    return problems, sound


def _is_no_text(error: "ValidationError") -> bool:
    return isinstance(error.instance, str) and refusal(error.instance) is not None


def _leave_out(error: "ValidationError", sound: dict[str, Any]) -> None:
    path: Any = list(error.absolute_path)
    if error.validator in {"required", "anyOf", "additionalProperties", "uniqueItems"} or not path:
        return
    *above, last = path
    holder: Any = sound
    for key in above:
        holder = holder[key]
    if isinstance(holder, list):
        holder[last] = None
    elif error.validator == "type" and error.validator_value == "object":
        holder[last] = {}
    else:
        holder.pop(last, None)


_MISSING = {
    "fastq2S3Path": "is missing: reads are pairs in two files; single reads are not supported; "
    "split pairs that are in one file"
}


def _problems_of(error: "ValidationError") -> Iterator[Problem]:
    expected: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    path = error.json_path
    match error.validator:
        case "required":
            # jsonschema reports one error for each missing key and names it only in the message
            missing = [key for key in expected if error.message.startswith(repr(key))]
            yield from (
                Problem(f"{path}.{key}", _MISSING.get(key, "is missing")) for key in missing
            )
        case "anyOf":
            yield Problem(
                f"{path}.referenceS3Path",
                "is missing: give a FASTA here, or the name of a prepared reference as reference",
            )
        case "dependentRequired":
            yield from _lonely_keys(path, expected, instance)
        case "additionalProperties":
            known = list(schema["properties"])
            yield from (
                Problem(child_path(path, key), f"is not a known key; known: {', '.join(known)}")
                for key in instance
                if key not in known and refusal(key) is None
            )
        case "type":
            yield Problem(path, f"must be {_one_of(expected)}, not {_json_type(instance)}")
        case "pattern":
            yield Problem(path, f"{_short(instance)} is not allowed here: {schema['description']}")
        case "format":
            yield Problem(path, str(error.cause))
        case "uniqueItems":
            yield Problem(path, "lists an object twice")
        case "minItems":
            yield Problem(path, "is an empty list")
        case "maxItems":
            yield Problem(path, f"lists {len(instance)}, and at most {expected} are allowed")
        case "maxLength":
            yield Problem(path, f"has {len(instance)} characters, at most {expected} are allowed")
        case _:
            yield Problem(path, error.message)


def _lonely_keys(
    path: str, needs: Mapping[str, Sequence[str]], instance: Mapping[str, Any]
) -> Iterator[Problem]:
    for key, others in needs.items():
        for other in others:
            if key in instance and other not in instance:
                yield Problem(f"{path}.{other}", f"is missing, and {key} needs it")


_SHOWN_CHARACTERS = 200


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…")


def _one_of(types: str | Sequence[str]) -> str:
    return types if isinstance(types, str) else " or ".join(types)


_JSON_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def _json_type(value: object) -> str:
    return _JSON_TYPES[type(value)]
