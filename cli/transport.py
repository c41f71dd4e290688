"""HTTP requests to the API: signed with AWS credentials or with a token, and retried."""

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session

from cli.errors import unavailable
from cli.sending import Answer

NO_ANSWER = (HTTPClientError, NoConnectionError)
"""botocore's errors where there is no answer: two families, of which neither includes the other."""

_SERVICE = "execute-api"
_TRIES = 4
_MAX_PAUSE_SECONDS = 10.0
_TIMEOUT_SECONDS = 35  # API Gateway itself times out after 30
_MOST_BYTES = 100 << 20  # of a page; the largest reports have tens of MiB
_PASSING = frozenset({429, 500, 502, 503, 504})


type Authorize = Callable[[AWSRequest], None]


def with_signature(credentials: Credentials, region: str) -> Authorize:
    """Sign requests (Signature Version 4) with these credentials."""
    return lambda request: SigV4Auth(credentials, _SERVICE, region).add_auth(request)


def with_token(token: str) -> Authorize:
    """Send a bearer token with each request."""

    def authorize(request: AWSRequest) -> None:
        request.headers["Authorization"] = f"Bearer {token}"

    return authorize


class HttpSender:
    """Sends through botocore's own HTTP session, which handles proxies and certificates.

    Transient failures (throttling, a server's error, a lost connection) are retried: every request
    of the API can be repeated, and requests that start a run carry an idempotency key.
    """

    def __init__(self, authorize: Authorize, pause: Callable[[float], None] = time.sleep) -> None:
        self._authorize = authorize
        self._pause = pause
        self._session = URLLib3Session(timeout=_TIMEOUT_SECONDS)

    def send(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request; transient failures are retried."""
        data = b"" if body is None else json.dumps(body).encode()
        sent = {"Accept": "application/json", **(headers or {})}
        if data:
            sent["Content-Type"] = "application/json"
        for number in range(1, _TRIES + 1):
            try:
                answer = self._once(AWSRequest(method, url, headers=sent, data=data))
            except NO_ANSWER as error:
                if number == _TRIES:
                    raise unavailable(f"no answer from {url}: {error}", "try again") from error
                self._pause(_pause_seconds(number, {}))
                continue
            if answer.status not in _PASSING or number == _TRIES:
                return answer
            self._pause(_pause_seconds(number, answer.headers))
        raise AssertionError  # the last try returns or raises

    def _once(self, request: AWSRequest) -> Answer:
        self._authorize(request)  # for each try, because a signature contains the time
        response = self._session.send(request.prepare())
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, response.content, headers)


def fetch(url: str) -> bytes:
    """Fetch an address without following redirects.

    Raises:
        CliError: there is no answer, or another than the object.
    """
    session = URLLib3Session(timeout=_TIMEOUT_SECONDS)
    try:
        response = session.send(AWSRequest("GET", url, stream_output=True).prepare())
        content = response.raw.read(_MOST_BYTES + 1)
    except (*NO_ANSWER, OSError) as error:
        raise unavailable("the page could not be fetched", "try again") from error
    if response.status_code != 200:
        raise unavailable(f"the page's address answers {response.status_code}", "try again")
    if len(content) > _MOST_BYTES:
        raise unavailable(f"the page has more than {_MOST_BYTES >> 20} MiB", "use --print")
    return bytes(content)


def _pause_seconds(number: int, headers: Mapping[str, str]) -> float:
    """Full jitter around a doubling second, or the server's `Retry-After`."""
    asked = headers.get("retry-after", "")
    if re.fullmatch("[0-9]{1,9}", asked):
        return min(float(asked), _MAX_PAUSE_SECONDS)
    return random.uniform(0, min(2.0 ** (number - 1), _MAX_PAUSE_SECONDS))  # noqa: S311 - no secret
