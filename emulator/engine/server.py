"""The AWS API on a loopback port: moto's application behind a server that can be closed.

moto 5.2.5 has `ThreadedMotoServer`; it prints when a port is taken and exits the process, and
leaves open connections' threads behind when it stops. This one raises an error, and closes them.
"""

import socket
import threading
from functools import cache
from io import BufferedIOBase
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import ThreadedWSGIServer

from emulator.engine.background import Background
from emulator.engine.http_guard import GuardedHandler
from emulator.engine.wsgi import LOOPBACK, Around, WsgiApplication

_JOIN_SECONDS = 5.0
_PIECE_BYTES = 65_536


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]  # moto is not typed
    """Caches the service of a host name: moto 5.2.5 lists a folder at each request.

    That listing was three quarters of the server's time.
    """

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self.get_backend_for_host = cache(super().get_backend_for_host)


class _Handler(GuardedHandler, MotoRequestHandler):  # type: ignore[misc]  # moto is not typed
    def log(self, *_message: Any) -> None:
        """Log nothing: one line a request hides everything else."""

    def run_wsgi(self) -> None:
        """Answer; a client that waits for `100 Continue` gets it when the body is read."""
        self._expected = self.headers.get("Expect")
        del self.headers["Expect"]  # werkzeug would ask at once
        super().run_wsgi()

    def make_environ(self) -> dict[str, Any]:
        """Pass the request to the application; the unread rest of the body is discarded piece by
        piece.

        werkzeug 3.1 would read as much as 10 MB at once, and wait for all of it.
        """
        connection = self.rfile
        if self._expected is not None:
            self.rfile = _AskedFor(connection, self.wfile)
        environ: dict[str, Any] = super().make_environ()
        if self._expected is not None:
            environ["HTTP_EXPECT"] = self._expected  # it may be signed
        self.rfile = _Remains(connection)
        return environ


class _AskedFor(BufferedIOBase):
    """A body that sends `100 Continue` when it is read."""

    def __init__(self, stream: BufferedIOBase, answers: BufferedIOBase) -> None:
        self._stream = stream
        self._answers = answers
        self._is_asked = False

    def read(self, size: int | None = -1) -> bytes:
        if not self._is_asked:
            self._is_asked = True
            self._answers.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._stream.read(size)


class _Remains(BufferedIOBase):
    """The rest of the body of an answered request."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self._stream = stream

    def read(self, _size: int | None = -1) -> bytes:
        return self._stream.read1(_PIECE_BYTES)

    def close(self) -> None:
        self._stream.close()


class _ClosingServer(ThreadedWSGIServer):
    """A threaded server that reuses its threads, and can close its open connections."""

    def __init__(self, host: str, port: int, app: WsgiApplication) -> None:
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._requests = Background("aws-request")
        listener = socket.create_server((host, port), backlog=512)
        try:
            super().__init__(host, port, app, _Handler, fd=listener.fileno())
        finally:
            listener.close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        self._requests.run(self.process_request_thread, request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_connection: Any) -> None:
        """Ignore clients that disconnected; moto itself answers exceptions of requests."""

    def end_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the other side was faster
        self._requests.close()


class HttpServer:
    """A WSGI application over HTTP on `host`, an IPv4 address; `port` 0 takes a free one.

    Raises OSError when the port is taken, or the address is not this machine's.
    """

    def __init__(
        self, port: int, application: WsgiApplication, name: str, host: str = LOOPBACK
    ) -> None:
        self._host = host
        self._server = _ClosingServer(host, port, application)
        self.port: int = self._server.port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name=name, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self._host}:{self.port}"

    def close(self) -> None:
        """Stop answering, and end every connection and thread of the server."""
        self._server.shutdown()
        self._thread.join(_JOIN_SECONDS)
        self._server.end_connections()


class AwsServer(HttpServer):
    """moto's services; `around` may wrap them, to handle requests before moto does."""

    def __init__(
        self,
        port: int = 0,
        around: Around = lambda app: app,
        host: str = LOOPBACK,
    ) -> None:
        super().__init__(port, around(_Dispatcher()), "aws-api", host)

    @property
    def endpoint_url(self) -> str:
        """The address for `--endpoint-url` and AWS_ENDPOINT_URL."""
        return self.url
