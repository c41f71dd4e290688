"""A scripted API behind the real client: what each operation answers, and what was asked of it."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from typer.testing import CliRunner, Result

from cli.app import app
from cli.client import ApiClient
from cli.options import Options
from cli.sending import Answer
from cli.session import Session

URL = "https://api.example"


def problem(status: int, detail: str, *fields: tuple[str, str]) -> Answer:
    """Problem details, as RFC 9457 has them."""
    errors = [{"field": field, "detail": what} for field, what in fields]
    return answer(status, {"status": status, "detail": detail, "errors": errors})


def answer(status: int, document: Any) -> Answer:
    return Answer(status, json.dumps(document).encode(), {})


class Asked:
    """A request that has come."""

    def __init__(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        assert url.startswith(f"{URL}/")
        self.operation = f"{method} {parts.path}"
        self.query = dict(parse_qsl(parts.query))
        self.body = body
        self.headers = dict(headers)


class ScriptedApi:
    """Answers `"GET /runs"` and the like; a list is used up one by one, its last is repeated."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._script: dict[str, list[Answer | BaseException]] = {}

    def on(self, operation: str, *answers: Answer | BaseException | Mapping[str, Any]) -> None:
        self._script[operation] = [
            answer(200, each) if isinstance(each, Mapping) else each for each in answers
        ]

    def send(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        asked = Asked(method, url, body, headers or {})
        self.asked.append(asked)
        script = self._script.get(asked.operation)
        if script is None:
            return answer(404, {"message": "Not Found"})
        given = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(given, BaseException):
            raise given
        return given

    @property
    def operations(self) -> list[str]:
        return [asked.operation for asked in self.asked]


class SeqStack:
    """`seqstack` in this process, against a scripted API."""

    def __init__(self, api: ScriptedApi) -> None:
        self._api = api
        self.options = Options()

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(arguments), stdin, obj=self.session)

    def session(self, options: Options) -> Session:
        self.options = options
        session = Session(options)
        session.api = ApiClient(URL, self._api, options.command)
        return session


type Call = Callable[..., Result]
