"""The body of a request."""

import base64
from collections.abc import Mapping
from typing import Any

from seqstack.domain.json_text import MAX_BYTES, JsonError, read_json


class MalformedBodyError(Exception):
    """The body can't be read."""


class BodyTooLargeError(Exception):
    """The body is larger than an execution's input may be."""


class UnsupportedBodyError(Exception):
    """The operation does not accept the body's content type."""


def body_bytes(event: Mapping[str, Any], content_type: str) -> bytes:
    """The body of an HTTP API's event; its content type, if given, must be `content_type`.

    Raises:
        UnsupportedBodyError: its content type is another one.
    """
    headers: Mapping[str, str] = event.get("headers", {})
    given = headers.get("content-type", content_type).partition(";")[0].strip().lower()
    if given != content_type:
        raise UnsupportedBodyError(f"the body must be {content_type}, not {given}")
    return raw_body(event)


def raw_body(event: Mapping[str, Any]) -> bytes:
    """The body of an HTTP API's event, of any type; empty if there is none."""
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise MalformedBodyError("the body is not base64") from error


def json_document(text: bytes) -> Any:
    """A run's input, from JSON that Step Functions accepts too.

    Raises:
        BodyTooLargeError: it is longer than an execution's input may be.
        MalformedBodyError: it is not JSON, or `read_json` refuses its content.
    """
    if len(text) > MAX_BYTES:
        raise BodyTooLargeError(
            f"the input has {len(text):,} bytes, and an execution takes {MAX_BYTES:,}"
        )
    try:
        return read_json(text)
    except JsonError as error:
        raise MalformedBodyError(f"the body can't be read as JSON: {error}") from error
