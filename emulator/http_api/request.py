"""One HTTP request, as it came over the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request. Header names are in lower case, and a repeated header's values are joined by `,`.

    `raw_path` and `raw_query` are as they were sent, percent signs and all.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    source_ip: str = "127.0.0.1"
    protocol: str = "HTTP/1.1"

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    @classmethod
    def from_wsgi(cls, environ: Mapping[str, Any]) -> Self:
        """Read what werkzeug's server gives."""
        raw_path, _, raw_query = str(environ["REQUEST_URI"]).partition("?")
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or (name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value)
        }
        return cls(
            method=environ["REQUEST_METHOD"],
            raw_path=raw_path,
            raw_query=raw_query,
            headers=headers,
            body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            source_ip=environ.get("REMOTE_ADDR", "127.0.0.1"),
            protocol=environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        )
