"""Ask an HTTP API without credentials."""

import urllib.error
import urllib.request


def unsigned_status(address: str) -> int:
    """The status of the answer to a request without signature and token."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - of a stack
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
