"""The server itself: on loopback alone, and silent about the link's secret."""

import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from cli.client import ApiClient
from cli.errors import CliError, ExitCode
from cli.options import Options
from cli.session import Session
from cli.ui.server import serving
from tests.unit.cli.scripted_api import URL, ScriptedApi


@pytest.fixture
def session(api: ScriptedApi) -> Session:
    made = Session(Options())
    made.api = ApiClient(URL, api, made.options.command)
    return made


def test_link_leads_to_the_pages_and_its_secret_is_written_nowhere(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(session) as guard:
        link = urlsplit(guard.link())
        assert link.hostname == "127.0.0.1"
        connection = HTTPConnection(str(link.hostname), link.port)
        statuses = []
        for path in (f"{link.path}?{link.query}", guard.base + "runs"):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        server = answer.getheader("Server")
        connection.close()

    assert statuses == [200, 403]  # without the cookie
    assert server == "seqstack"
    assert "".join(capfd.readouterr()) == ""


def test_taken_port_is_an_error_with_what_to_do(session: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CliError, match=f"port {port}") as caught, serving(session, port):
            pass

    assert caught.value.exit_code is ExitCode.USAGE
    assert "--port" in caught.value.hint


def test_stack_that_is_not_there_is_refused_before_anything_is_served() -> None:
    session = Session(Options(local=True, local_port=1))

    with pytest.raises(CliError, match="no emulator of yours"), serving(session):
        pass
