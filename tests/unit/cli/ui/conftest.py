from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from cli.client import ApiClient
from cli.options import Options
from cli.session import Session
from cli.ui.guard import COOKIE, Guard
from cli.ui.site import Site
from tests.unit.cli.scripted_api import URL, ScriptedApi

PORT = 8765
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"


class Browser:
    """A browser that has opened the link, on a scripted stack."""

    def __init__(self, api: ScriptedApi) -> None:
        session = Session(Options(stack="lab", repeated=("--stack", "lab")))
        session.api = ApiClient(URL, api, session.options.command)
        self.guard = Guard(PORT)
        self.site = Site(session, self.guard)
        self.client = Client(self.site)
        assert self.get(self.guard.link().partition(HOST)[2]).status_code == 200

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        return self.client.get(self._whole(path), headers={"Host": HOST, **(headers or {})})

    def post(
        self, path: str, data: Any = None, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        form = {"token": self.guard.form_token} if data is None else data
        sent = {"Host": HOST, "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        return self.client.post(self._whole(path), data=form, headers=sent)

    @property
    def cookie(self) -> Any:
        return self.client.get_cookie(COOKIE, "127.0.0.1", self.guard.base)

    def _whole(self, path: str) -> str:
        return path if path.startswith("/") else f"{self.guard.base}{path}"


@pytest.fixture
def browser(api: ScriptedApi) -> Browser:
    return Browser(api)
