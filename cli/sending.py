"""Requests to the API and their answers, independent of the transport."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; the names of `headers` are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Sender(Protocol):
    """Sends one request to the API and returns its answer, whatever its status."""

    def send(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request, its body as JSON; raises CliError when there is no answer."""
