"""Read JSON strictly: duplicate keys and invalid numbers are errors."""

import json
from typing import Any, NoReturn


def read_json(text: str | bytes) -> Any:
    """The document in `text`.

    Raises:
        ValueError: it is not JSON, is nested too deeply, has a duplicate key, or an invalid number.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"an object has the key {key[:60]!r} twice; keep one")
        found[key] = value
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")
