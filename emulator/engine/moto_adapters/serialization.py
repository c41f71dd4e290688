"""Responses: members are found by remembered names, and attribute values are written as they are.

moto 5.2.5 works out every name that a member may have each time it looks for that member. For an
attribute value of DynamoDB, which has ten members, that takes more than a hundred objects; it was
half of a run's CPU time in the emulator.
"""

import base64
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from moto.core.serialize import (
    AttributePickerContext,
    BaseJSONSerializer,
    ResponseSerializer,
    XFormedAttributePicker,
)

from emulator.engine.patches import Patches

_NAMES = "names_in_a_dict"


def install(patches: Patches) -> None:
    """Adapt the serializers of every service until `patches` are restored."""
    _find_members_of_dicts_by_remembered_names(patches)
    _write_attribute_values_as_they_are(patches)


def _find_members_of_dicts_by_remembered_names(patches: Patches) -> None:
    find = ResponseSerializer.get_value

    def get_value(serializer: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
        picker = serializer._value_picker
        is_plain = type(value) is dict and type(picker) is XFormedAttributePicker
        if not is_plain or picker.response_transformers:
            return find(serializer, value, key, shape)
        names = vars(shape).get(_NAMES)
        if names is None:
            names = tuple(picker.get_possible_keys(AttributePickerContext(value, key, shape)))
            setattr(shape, _NAMES, names)
        return next((value[name] for name in names if name in value), None)

    patches.replace(ResponseSerializer, "get_value", get_value)


def _write_attribute_values_as_they_are(patches: Patches) -> None:
    serialize = BaseJSONSerializer._serialize_type_structure

    def serialize_structure(
        serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str
    ) -> None:
        if shape.name == "AttributeValue" and type(value) is dict:
            with suppress(AttributeError, KeyError, TypeError, ValueError):  # it is none
                serialized[key] = attribute_value(value)
                return
        serialize(serializer, serialized, value, shape, key)

    patches.replace(BaseJSONSerializer, "_serialize_type_structure", serialize_structure)


def attribute_value(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute value, such as `{"M": {"size": {"N": "3"}}}`, as JSON has it.

    Raises AttributeError, KeyError, TypeError or ValueError for what is none.
    """
    [(kind, content)] = value.items()
    if content is None:
        raise ValueError(kind)
    return {kind: _WRITE[kind](content)}


def _encoded(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


_WRITE: dict[str, Callable[[Any], Any]] = {
    "S": str,
    "N": str,
    "B": _encoded,
    "SS": lambda content: [str(each) for each in content],
    "NS": lambda content: [str(each) for each in content],
    "BS": lambda content: [_encoded(each) for each in content],
    "M": lambda content: {name: attribute_value(each) for name, each in content.items()},
    "L": lambda content: [attribute_value(each) for each in content],
    "NULL": bool,
    "BOOL": bool,
}
