"""A proxy that signs for clients that can't, as aws-sigv4-proxy does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.wrappers import Request, Response

from emulator.engine.server import HttpServer
from tests.support.api_client import ApiClient


@contextmanager
def signing_proxy(api: ApiClient) -> Iterator[str]:
    """Forward requests, signed with the credentials of `api`; yields the proxy's host and port."""

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        headers = {"Content-Type": request.content_type} if request.content_type else {}
        path = str(environ["REQUEST_URI"])
        sent = api.call(request.method, path, request.get_data(), headers)
        response = Response(sent.text, sent.status, content_type=sent.headers["Content-Type"])
        return response(environ, start_response)

    server = HttpServer(0, answer, "signing-proxy")
    try:
        yield server.url.removeprefix("http://")
    finally:
        server.close()
