"""A client of the HTTP API that signs its requests, or carries a token, or neither."""

import json
from dataclasses import dataclass, replace
from typing import Any, Self

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.harness.emulator import Emulator
from tests.support.workflow_world import World


class Answer:
    """An answer, read."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.text

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class ApiClient:
    """Calls one API; `token` replaces the signature; without `access_key` there is neither."""

    url: str
    access_key: str = ""
    secret_key: str = ""
    session_token: str | None = None
    token: str = ""
    region: str = "us-east-1"
    service: str = "execute-api"

    @classmethod
    def of(cls, emulator: Emulator) -> Self:
        """The emulator's user calls its API."""
        keys = emulator.keys
        return cls(emulator.outputs["ApiUrl"], keys.access_key, keys.secret_key)

    def but(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request; a body that is not bytes is sent as JSON."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        request = AWSRequest(method, self.url + path, headers=sent, data=body or b"")
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        elif self.access_key:
            keys = Credentials(self.access_key, self.secret_key, self.session_token)
            SigV4Auth(keys, self.service, self.region).add_auth(request)
        return self.send(request)

    def send(self, request: AWSRequest) -> Answer:
        """Send a request unchanged."""
        response = requests.request(
            request.method,
            request.url,
            headers=dict(request.headers),
            data=request.data,
            timeout=1200,
        )
        with response:
            return Answer(response)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call(
            "POST", path, body, {name.replace("_", "-"): each for name, each in headers.items()}
        )

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)


def wait_for(api: ApiClient, world: World, run_id: str, state: str) -> dict[str, Any]:
    """Wait until the run is in `state`; return it."""
    world.eventually(state, lambda: api.get(f"/runs/{run_id}").json["state"])
    return dict(api.get(f"/runs/{run_id}").json)
