"""The input's JSON Schema (Draft 2020-12) and what it finds wrong, by JSON path."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from seqstack.domain.errors import Problem


@cache
def input_validator() -> Draft202012Validator:
    """The validator of a run's input."""
    schema = json.loads(files("seqstack.domain").joinpath("input.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def schema_problems(document: object) -> list[Problem]:
    """Everything in which `document` departs from the schema."""
    return [
        problem
        for error in input_validator().iter_errors(document)
        for problem in _problems_of(error)
    ]


def _problems_of(error: ValidationError) -> Iterator[Problem]:
    expected: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    match error.validator:
        case "required":
            missing = [key for key in expected if key not in instance]
            # jsonschema reports one error for each missing key and names it only in the message
            key = next(key for key in missing if error.message.startswith(repr(key)))
            yield Problem(f"{error.json_path}.{key}", "is missing")
        case "additionalProperties":
            known = list(schema["properties"])
            for key in instance:
                if key not in known:
                    yield Problem(
                        f"{error.json_path}.{key}", f"is not a known key; known: {', '.join(known)}"
                    )
        case "type":
            yield Problem(
                error.json_path,
                f"must be {_listed(expected)}, not {_json_type(error.instance)}",
            )
        case "pattern":
            meaning = schema.get("description", f"must match {expected}")
            yield Problem(error.json_path, f"{error.instance!r} is not allowed here: {meaning}")
        case _:
            yield Problem(error.json_path, error.message)


def _listed(types: str | list[str]) -> str:
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
