"""JSON that somebody else has written, read so that nothing of it gets lost unnoticed."""

import json
from typing import Any, NoReturn


def read_json(text: str | bytes) -> Any:
    """The document in `text`.

    Raises:
        ValueError: it is no JSON, is nested too deeply, has a key twice, or a number that is none.
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
    raise ValueError(f"{name} is no number in JSON")
