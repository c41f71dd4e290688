"""Read untrusted JSON strictly and within limits.

The limits bound time, stack and the size of answers, because most code that reads JSON, such as
Python's own `copy.deepcopy` and `repr`, is recursive.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from seqstack.domain.errors import Problem, shortened

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_BYTES = 262_144
# the largest input of a run has 3 levels and some 200 values
MAX_DEPTH = 20
MAX_VALUES = 2_000
# digits that every reader of JSON keeps exact as a 64-bit number
MAX_DIGITS = 18


class JsonError(ValueError):
    """A text is not JSON, or exceeds a limit; the message completes "… can't be read: "."""


def read_json(text: bytes | str) -> Any:
    """The document in `text`, which every other JSON reader would read in the same way.

    Raises:
        JsonError: it is not JSON in UTF-8; an object has a duplicate key; a number has too many
            digits or is not finite (NaN, 1e999); a text has a lone surrogate; or it exceeds a
            limit.
    """
    try:
        encoded = text.encode() if isinstance(text, str) else text
        if len(encoded) > MAX_BYTES:
            raise JsonError(f"it has {len(encoded):,} bytes, and at most {MAX_BYTES:,} are read")
        document = json.loads(
            encoded.decode(),
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_float,
            parse_constant=_no_number,
        )
    except UnicodeError as error:
        raise JsonError("it is not UTF-8") from error
    except RecursionError as error:
        raise JsonError(f"it is nested too deeply; at most {MAX_DEPTH} levels are read") from error
    except JsonError:
        raise
    except ValueError as error:
        raise JsonError(shortened(str(error))) from error
    problem = cap_problem(document)
    if problem:
        raise JsonError(str(problem))
    return document


def cap_problem(document: object) -> Problem | None:
    """The first value in a parsed document that exceeds a limit, or None.

    It is not recursive, and stops at the maximum number of values.
    """
    seen = 0
    waiting = [_Place(document, 0, None, "")]
    while waiting:
        place = waiting.pop()
        seen += 1
        if seen > MAX_VALUES or len(waiting) > MAX_VALUES:
            return Problem("$", f"holds more than {MAX_VALUES:,} values; leave some out")
        wrong = _wrong(place)
        if wrong:
            return Problem(place.path, wrong)
        waiting.extend(_children(place))
    return None


class _Place(NamedTuple):
    """A value, its depth, its parent, and its key there."""

    value: object
    depth: int
    holder: "_Place | None"
    part: str

    @property
    def path(self) -> str:
        """The JSON path; built only for messages, because keys can be long."""
        parts: list[str] = []
        place: _Place | None = self
        while place is not None:
            parts.append(shortened(place.part, 60))
            place = place.holder
        return "$" + "".join(reversed(parts))


def _wrong(place: _Place) -> str:
    match place.value:
        case dict() | list() as found:
            return _wrong_with_holder(found, place.depth)
        case str() as text if not _is_encodable(text):
            return "has half a character, a lone surrogate; correct it"
        case int() as number if abs(number) >= 10**MAX_DIGITS:
            return f"is a number of more than {MAX_DIGITS} digits; shorten it"
        case float() as number if not math.isfinite(number):
            return "is not a valid JSON number; correct it"
        case _:
            return ""


def _wrong_with_holder(found: dict[str, Any] | list[Any], depth: int) -> str:
    if len(found) > MAX_VALUES:
        return f"holds more than {MAX_VALUES:,} values; leave some out"
    if depth >= MAX_DEPTH:
        return f"is nested more than {MAX_DEPTH} levels deep; flatten it"
    if isinstance(found, dict) and not all(map(_is_encodable, found)):
        return "has a key with half a character, a lone surrogate; correct it"
    return ""


def _children(place: _Place) -> Iterator[_Place]:
    found = place.value
    if isinstance(found, dict):
        for key, each in found.items():
            yield _Place(each, place.depth + 1, place, f".{key}")
    elif isinstance(found, list):
        for number, each in enumerate(found):
            yield _Place(each, place.depth + 1, place, f"[{number}]")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise JsonError(f"an object has the key {shortened(repr(twice), 60)} twice; keep one")
    return found


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise JsonError(f"a number has more than {MAX_DIGITS} digits; shorten it")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise JsonError(f"{shortened(digits, 60)} is too large for a number")
    return number


def _no_number(name: str) -> NoReturn:
    raise JsonError(f"{name} is not a number in JSON")
