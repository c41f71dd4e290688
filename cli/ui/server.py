"""The server of the pages, on this machine's loopback address."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from cli.errors import usage
from cli.session import Session
from cli.ui.guard import LOOPBACK, Guard
from cli.ui.site import Site


class _Quiet(WSGIRequestHandler):
    """Logs nothing, because addresses hold the link's secret, and names no version."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Drop the line."""

    def version_string(self) -> str:
        """What the header `Server` says."""
        return "seqstack"


@contextmanager
def serving(session: Session, port: int = 0) -> Iterator[Guard]:
    """Serve the pages until the context ends; port 0 is any free port.

    Raises:
        CliError: the port is taken, or there is no such stack.
    """
    _ = session.api  # a wrong stack is refused here, not by the first page
    with _listening(port) as listening:
        guard = Guard(listening.getsockname()[1])
        server = make_server(
            LOOPBACK,
            port,
            Site(session, guard),
            threaded=True,
            request_handler=_Quiet,
            fd=listening.fileno(),
        )
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield guard
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _listening(port: int) -> socket.socket:
    """A listening socket; werkzeug itself would end the process if the port is taken."""
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        said = f"port {port} of this machine: {error.strerror}"
        raise usage(said, "give another --port, or none") from error
