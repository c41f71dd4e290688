"""Refuse HTTP requests of browsers, or for other hosts, before a server handles them.

A web page can have the user's browser send requests to any port of this machine. A browser marks
such requests with headers that no page can change: `Origin`, `Sec-Fetch-Site`
(https://www.w3.org/TR/fetch-metadata/), and, if the page's host name was made to resolve to this
machine (DNS rebinding), `Host`. Only the headers of a refused request are read.
"""

import socket
import time
from contextlib import suppress
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream


class BodyTooLargeError(Exception):
    """A body exceeds the limit."""


class BodyCutOffError(Exception):
    """A body is incomplete, or its chunks are invalid."""


type Refusal = tuple[HTTPStatus, str]

_BROKEN_HEADERS = (FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect)
_HTTP_PORT = "80"
_LAST_ERROR_FREE_STATUS = 299
_LINGER_SECONDS = 1.0
_PIECE_BYTES = 65_536


def refusal_of(target: str, headers: Message, address: tuple[str, int]) -> Refusal | None:
    """Why a request received at `address` is refused; None if it is accepted."""
    if any(isinstance(defect, _BROKEN_HEADERS) for defect in headers.defects):
        return HTTPStatus.BAD_REQUEST, "a header has no name, or no colon"
    if not target.startswith("/"):
        return HTTPStatus.BAD_REQUEST, "the request's target must be a path"
    return _refusal_of_sender(headers, address) or _refusal_of_length(headers)


def _refusal_of_sender(headers: Message, address: tuple[str, int]) -> Refusal | None:
    hosts = headers.get_all("Host", [])
    if len(hosts) != 1:
        return HTTPStatus.BAD_REQUEST, "there must be one Host header"
    name, _, port = hosts[0].strip().lower().partition(":")
    if name not in {address[0], "localhost"} or (port or _HTTP_PORT) != str(address[1]):
        wanted = f"{address[0]}:{address[1]} or localhost:{address[1]}"
        return HTTPStatus.FORBIDDEN, f"the Host header must name this server: {wanted}"
    if "Origin" in headers:
        return HTTPStatus.FORBIDDEN, "requests of web pages (with an Origin header) are refused"
    if any(site.strip() != "none" for site in headers.get_all("Sec-Fetch-Site", [])):
        return HTTPStatus.FORBIDDEN, "requests of web pages (by Sec-Fetch-Site) are refused"
    return None


def _refusal_of_length(headers: Message) -> Refusal | None:
    lengths, encodings = (
        [value.strip() for value in headers.get_all(name, [])]
        for name in ("Content-Length", "Transfer-Encoding")
    )
    if len(lengths) + len(encodings) > 1:
        return HTTPStatus.BAD_REQUEST, "a body needs one Content-Length or Transfer-Encoding"
    if any(not (each.isascii() and each.isdecimal()) for each in lengths):
        return HTTPStatus.BAD_REQUEST, "Content-Length must be a number"
    if any(each.lower() != "chunked" for each in encodings):
        return HTTPStatus.BAD_REQUEST, "Transfer-Encoding must be chunked"
    return None


def read_body(environ: dict[str, Any], most: int) -> bytes:
    """Read a request's body, of at most `limit` bytes, whatever its headers say.

    Raises BodyTooLargeError and BodyCutOffError.
    """
    try:
        body = get_input_stream(environ, max_content_length=most + 1).read()
    except RequestEntityTooLarge as error:
        raise BodyTooLargeError from error
    except HTTPException as error:
        raise BodyCutOffError from error
    if len(body) > most:
        raise BodyTooLargeError
    return body


class GuardedHandler(BaseHTTPRequestHandler):
    """Refuses requests as `refusal_of` says, and answers so that no web page can use the answer.

    Answers have no CORS headers, forbid content sniffing, and no error is an HTML page.
    """

    _status = int(HTTPStatus.OK)

    def parse_request(self) -> bool:
        """Read the request line and the headers; False once the request is refused."""
        if not super().parse_request():
            return False
        refusal = refusal_of(self.path, self.headers, self.connection.getsockname()[:2])
        if refusal is not None:
            self.refuse(*refusal)
        return refusal is None

    def handle_expect_100(self) -> bool:
        """Do not ask for the body yet: the request may still be refused."""
        return True

    def send_error(self, code: int, *_said: Any, **_more: Any) -> None:
        """Answer a request that can't be read, without quoting it."""
        self.refuse(HTTPStatus(code), "the request can't be read")

    def refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer by one line of text, and end the connection."""
        body = f"{status.phrase}: {reason}\n".encode()
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self._drop_what_comes()

    def _drop_what_comes(self) -> None:
        """Discard the rest of a body: a client that is still sending would not read the answer."""
        until = time.monotonic() + _LINGER_SECONDS
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER_SECONDS)
            while time.monotonic() < until and self.connection.recv(_PIECE_BYTES):
                pass

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer."""
        self._status = code
        super().send_response(code, message)

    def send_header(self, keyword: str, value: str) -> None:
        """Add a header, except those that let web pages read the answer."""
        name = keyword.lower()
        if name.startswith("access-control-"):
            return
        if name == "content-type" and not self._may_be_html():
            value = value.replace("text/html", "text/plain")
        super().send_header(keyword, value)

    def end_headers(self) -> None:
        """End the headers."""
        super().send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_message: Any) -> None:
        """Log nothing: one line for each request would hide everything else."""

    def _may_be_html(self) -> bool:
        """Whether the answer may be an S3 object."""
        return self.command in {"GET", "HEAD"} and self._status <= _LAST_ERROR_FREE_STATUS
