"""A gate between the entry points and the S3 server, to watch, hold up and spoil requests."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Hook = Callable[["Request"], None]


@dataclass
class Request:
    """One request; hooks may wait, or change its body or the answer's headers.

    `path` is the bucket, the key and the query.
    """

    method: str
    path: str
    body: bytes
    answer_headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Gate:
    """Passes requests on to `upstream`; `before` sees each one first.

    `seen` are the methods and paths in the order of their coming.
    """

    upstream: str
    before: Hook = lambda _: None
    seen: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""


class HeldUp:
    """A hook that delays the requests that `is_wanted` selects, until they are released.

    `is_reached` is set when the first of them has come.
    """

    def __init__(self, is_wanted: Callable[[Request], bool]) -> None:
        self._is_wanted = is_wanted
        self._open = threading.Event()
        self.is_reached = threading.Event()

    def __call__(self, request: Request) -> None:
        if self._is_wanted(request):
            self.is_reached.set()
            self._open.wait(60)

    def let_go(self) -> None:
        self._open.set()


@contextmanager
def gate(upstream: str) -> Iterator[Gate]:
    made = Gate(upstream)
    address = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = Request(self.command, self.path, self.rfile.read(length))
            made.seen.append((request.method, request.path))
            made.before(request)
            server = http.client.HTTPConnection(address, timeout=1200)
            headers = {name: value for name, value in self.headers.items() if name != "Expect"}
            server.request(request.method, request.path, request.body, headers)
            answer = server.getresponse()
            body = answer.read()
            self.send_response_only(answer.status)
            kept = {name.lower(): value for name, value in answer.getheaders()}
            kept.pop("transfer-encoding", None)
            kept.setdefault("content-length", str(len(body)))
            for name, value in {**kept, **request.answer_headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            server.close()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815 - http.server's

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that was killed says nothing more: that is what the tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
