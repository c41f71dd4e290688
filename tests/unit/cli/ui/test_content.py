"""Objects of a run by way of the server: ranges, and pages that may do nothing."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.test import TestResponse

from cli.accuracy.kept import keep_page
from cli.errors import CliError, ExitCode
from cli.options import Options
from cli.session import Session
from cli.ui.links import ResultLinks
from tests.unit.cli.runs import RUN_ID, succeeded
from tests.unit.cli.scripted_api import ScriptedApi
from tests.unit.cli.test_results import made
from tests.unit.cli.ui.conftest import Browser

OUTPUTS = f"GET /runs/{RUN_ID}/outputs"
BAM = "s3://results/r/NA1/bam/sorted.bam"
CONTENT = b"<script>parent.alert(1)</script>"


class _Store(BaseHTTPRequestHandler):
    """An object store whose every object is CONTENT."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.asked.append((self.path, wanted))
        if self.path == "/expired":
            self.send_error(403)
            return
        first, last = map(
            int, (wanted.removeprefix("bytes=") or f"0-{len(CONTENT) - 1}").split("-")
        )
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(CONTENT)}")
        self.send_header("Content-Type", "text/html")
        self.send_header("Set-Cookie", "a=b")
        self.end_headers()
        self.wfile.write(CONTENT[first : last + 1])

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def store() -> Iterator[str]:
    _Store.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Store) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/results"
        server.shutdown()
        thread.join()


@pytest.fixture
def browser(api: ScriptedApi) -> Browser:
    """With the emulator, whose links lead to this machine."""
    made_browser = Browser(api)
    session = made_browser.site._ui.session
    session.options = Options(local=True, api_url="http://127.0.0.1:9")
    return made_browser


def get(browser: Browser, uri: str = BAM, **headers: str) -> TestResponse:
    return browser.get(f"runs/{RUN_ID}/content?object={uri}", headers)


def test_ranges_are_read_by_one_list_of_links(
    browser: Browser, api: ScriptedApi, store: str
) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", link=store))

    answers = [get(browser, Range=f"bytes={first}-{first + 3}") for first in (0, 8)]

    assert [each.data for each in answers] == [CONTENT[:4], CONTENT[8:12]]
    assert [each.status_code for each in answers] == [206, 206]
    assert answers[1].headers["Content-Range"] == f"bytes 8-11/{len(CONTENT)}"
    assert api.operations == [OUTPUTS]
    assert _Store.asked == [("/results/bam/sorted.bam", f"bytes={r}") for r in ("0-3", "8-11")]


def test_object_is_saved_and_never_shown(browser: Browser, api: ScriptedApi, store: str) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", link=store))

    headers = get(browser).headers

    assert headers["Content-Disposition"] == "attachment; filename=sorted.bam"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert "Set-Cookie" not in headers


def test_object_that_the_run_has_not_written_is_not_fetched(
    browser: Browser, api: ScriptedApi, store: str
) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", link=store))

    assert get(browser, "s3://results/r/NA2/bam/sorted.bam").status_code == 404
    assert _Store.asked == []


def test_link_that_leads_elsewhere_is_not_followed(browser: Browser, api: ScriptedApi) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", link="http://evil.example"))

    answer = get(browser)

    assert answer.status_code == 502
    assert "evil.example" in answer.text


def test_range_of_another_form_is_not_passed_on(
    browser: Browser, api: ScriptedApi, store: str
) -> None:
    api.on(OUTPUTS, made("bam/sorted.bam", link=store))

    answer = get(browser, Range="bytes=0-1,5-6")

    assert (answer.status_code, answer.data) == (200, CONTENT)


@pytest.mark.parametrize(
    ("which", "key", "sandbox"),
    [
        ("report", "report/run.html", "sandbox; default-src 'none'; style"),
        ("multiqc", "qc/multiqc_report.html", "sandbox allow-scripts; default-src 'none'; style"),
    ],
)
def test_untrusted_page_is_framed_in_a_sandbox(
    browser: Browser, api: ScriptedApi, store: str, which: str, key: str, sandbox: str
) -> None:
    api.on(f"GET /runs/{RUN_ID}", succeeded())
    api.on(OUTPUTS, made(key, link=store))

    shown, frame = (browser.get(f"runs/{RUN_ID}/{path}") for path in (which, f"frame/{which}"))

    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith(sandbox)
    assert "allow-same-origin" not in policy + shown.text
    assert "connect-src" not in policy  # default-src 'none'
    assert policy.endswith("frame-ancestors 'self'")
    assert ("script-src" in policy) == (which == "multiqc")
    assert frame.data.endswith(CONTENT)
    assert f'<iframe src="runs/{RUN_ID}/frame/{which}"' in shown.text


def test_accuracy_is_shown_once_it_was_measured_here(
    browser: Browser, api: ScriptedApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    api.on(f"GET /runs/{RUN_ID}", succeeded())
    page = f"runs/{RUN_ID}/accuracy"

    assert f"seqstack validate {RUN_ID} --truth" in browser.get(page).text
    assert browser.get(f"runs/{RUN_ID}/frame/accuracy").status_code == 404

    keep_page(RUN_ID, '<a href="../report/run.html">99 %</a>')

    assert f'<iframe src="runs/{RUN_ID}/frame/accuracy"' in browser.get(page).text
    frame = browser.get(f"runs/{RUN_ID}/frame/accuracy")
    assert frame.text == '<a data-file="../report/run.html">99 %</a>'
    assert frame.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_report_that_is_not_written_yet_is_waited_for(browser: Browser, api: ScriptedApi) -> None:
    api.on(f"GET /runs/{RUN_ID}", succeeded())
    api.on(OUTPUTS, made("bam/sorted.bam"))

    page = browser.get(f"runs/{RUN_ID}/report").text

    assert "There is no such report yet" in page
    assert f'data-live="runs/{RUN_ID}/report?part=report"' in page
    assert browser.get(f"runs/{RUN_ID}/frame/report").status_code == 404


def test_links_are_asked_for_again_once_they_are_old(api: ScriptedApi, store: str) -> None:
    now = [0.0]
    session = Session(Options(local=True, api_url="http://127.0.0.1:9"))
    session.api = Browser(api).site._ui.session.api
    api.on(OUTPUTS, made("bam/sorted.bam", link=store))
    links = ResultLinks(session, lambda: now[0])
    links.link(RUN_ID, BAM)
    now[0] = 1799
    links.link(RUN_ID, BAM)
    assert len(api.asked) == 1

    now[0] = 1801
    links.link(RUN_ID, BAM)

    assert len(api.asked) == 2
    assert api.asked[0].query["linkSeconds"] == "3600"  # longer than that


def test_refused_link_is_an_error_and_forgotten(api: ScriptedApi, store: str) -> None:
    session = Session(Options(local=True, api_url="http://127.0.0.1:9"))
    session.api = Browser(api).site._ui.session.api
    address = made("x", link=store)
    address["outputs"][0]["link"] = store.replace("/results", "/expired")
    api.on(OUTPUTS, address)
    links = ResultLinks(session)

    for _ in range(2):
        with pytest.raises(CliError) as caught:
            links.fetch(RUN_ID, "s3://results/r/NA1/x")
        assert caught.value.exit_code is ExitCode.UNAVAILABLE

    assert len(api.asked) == 2
