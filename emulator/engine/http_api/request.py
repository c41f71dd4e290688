"""One HTTP request, as it was received."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

from emulator.engine.sigv4 import Head


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request. Header names are in lower case, and a repeated header's values are joined by `,`.

    `raw_path` and `raw_query` are as they were sent, percent signs and all.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes = b""
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"

    @property
    def head(self) -> Head:
        """All but the body."""
        return Head(self.method, self.raw_path, self.raw_query, self.headers)

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    @classmethod
    def from_wsgi(cls, environ: Mapping[str, Any]) -> Self:
        """Read a WSGI environment, except the body."""
        head = Head.from_wsgi(environ)
        return cls(
            method=head.method,
            raw_path=head.path,
            raw_query=head.query,
            headers=head.headers,
            source_ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
            protocol=environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        )
