"""Lambda's Runtime API for one worker, on its own port of 127.0.0.1.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import queue
import re
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from emulator.engine.http_guard import GuardedHandler
from emulator.engine.lambda_runtime.invocation import Invocation

_NEXT = "/2018-06-01/runtime/invocation/next"
_INIT_ERROR = "/2018-06-01/runtime/init/error"
_LAST_WORDS_SECONDS = 10.0  # if a child of the worker holds its connection
_ANSWER = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")


class RuntimeApi:
    """Passes invocations to one worker and receives its answers.

    `on_idle` is called once, when the worker asks for its first invocation: it has started.
    """

    def __init__(self, function_arn: str, on_idle: Callable[[], None]) -> None:
        self.function_arn = function_arn
        self.init_error: bytes | None = None
        self._on_idle = on_idle
        self._waiting: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._current: Invocation | None = None
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="lambda-runtime-api", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port, for AWS_LAMBDA_RUNTIME_API."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def hand_over(self, invocation: Invocation) -> None:
        """Give the worker its next invocation."""
        self._waiting.put(invocation)

    def next(self) -> Invocation | None:
        """Block until there is an invocation; None when the API closes."""
        self._on_idle()
        self._current = self._waiting.get()
        if self._current is not None:
            self._current.take()
        return self._current

    def answer(self, request_id: str, payload: bytes, error: str | None) -> bool:
        """Complete the current invocation; False when the answer is for another one."""
        current = self._current
        if current is None or current.request_id != request_id:
            return False
        current.finish(payload, error)
        return True

    def fail_init(self, payload: bytes) -> None:
        """The worker could not load its handler; it will exit."""
        self.init_error = payload

    def wait_for_last_words(self) -> None:
        """Wait until everything that an ended worker has sent is read."""
        self._server.silent.wait(_LAST_WORDS_SECONDS)

    def close(self) -> None:
        """End the server, its connections and threads."""
        self._waiting.put(None)
        self._server.wake()
        self._server.shutdown()
        self._thread.join()
        self._server.end()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True

    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.silent = threading.Event()
        self.silent.set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
            self.silent.clear()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
            if not self._connections:
                self.silent.set()
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed worker breaks its connection; print no traceback."""

    def wake(self) -> None:
        """Have `serve_forever` see at once that it is to end, not at its next look."""
        with contextlib.suppress(OSError):  # macOS does not shut down a listening socket
            self.socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the worker was faster
        self.server_close()


class _Handler(GuardedHandler, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        if self.path != _NEXT:
            self._reply(404)
            return
        invocation = self.server.api.next()
        if invocation is None:
            self.close_connection = True
            return
        self._reply(
            200,
            invocation.payload,
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": self.server.api.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
            },
        )

    def do_POST(self) -> None:
        body = self._body()
        if self.path == _INIT_ERROR:
            self.server.api.fail_init(body)
            self._reply(202, b'{"status":"OK"}')
            return
        match = _ANSWER.fullmatch(self.path)
        error = "Unhandled" if match is not None and match.group(2) == "error" else None
        if match is None or not self.server.api.answer(match.group(1), body, error):
            self._reply(
                403, b'{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}'
            )
            return
        self._reply(202, b'{"status":"OK"}')

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
