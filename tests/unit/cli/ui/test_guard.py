"""Who can't use the pages: other users of the machine, other pages, and other hosts' names."""

from typing import Any

import pytest
from werkzeug.test import Client

from tests.unit.cli.runs import RUN_ID, detail, summary
from tests.unit.cli.scripted_api import ScriptedApi
from tests.unit.cli.ui.conftest import HOST, Browser

STOP = f"DELETE /runs/{RUN_ID}"


@pytest.fixture(autouse=True)
def _answers(api: ScriptedApi) -> None:
    api.on("GET /runs", {"runs": [summary()], "nextToken": None})
    api.on(f"GET /runs/{RUN_ID}", detail())
    api.on(STOP, summary(state="ABORTED"))


def test_link_is_exchanged_for_a_cookie_of_these_pages_alone(browser: Browser) -> None:
    cookie = browser.cookie

    assert (cookie.http_only, cookie.same_site) == (True, "Strict")
    assert (cookie.path, cookie.origin_only) == (browser.guard.base, True)
    assert cookie.value not in browser.guard.link()
    assert browser.get("runs").status_code == 200


def test_without_the_cookie_nothing_is_shown_and_nothing_is_asked(
    browser: Browser, api: ScriptedApi
) -> None:
    stranger = Client(browser.site)

    answers = [
        stranger.get(f"{browser.guard.base}{path}", headers={"Host": HOST})
        for path in ("runs", f"runs/{RUN_ID}", "static/ui.css", "enter?key=guessed", "enter")
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    assert not any(RUN_ID in answer.text for answer in answers)
    assert api.asked == []


def test_pages_are_only_below_the_random_folder(browser: Browser) -> None:
    assert browser.get("/runs").status_code == 404
    assert browser.get("/").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "localhost:8765"},
        {"Host": "127.0.0.1:8766"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_another_hosts_name_and_another_page_are_refused(
    browser: Browser, api: ScriptedApi, headers: dict[str, str]
) -> None:
    assert browser.get("runs", headers).status_code == 403
    assert api.asked == []


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        ({}, {}),
        ({"token": "guessed"}, {}),
        (None, {"Origin": "http://127.0.0.1:9999"}),
        (None, {"Origin": "null"}),
        (None, {"Origin": ""}),
        (None, {"Sec-Fetch-Site": "same-site"}),
    ],
    ids=str,
)
def test_form_of_another_page_changes_nothing(
    browser: Browser, api: ScriptedApi, data: Any, headers: dict[str, str]
) -> None:
    assert browser.post(f"runs/{RUN_ID}/stop", data, headers).status_code == 403
    assert api.asked == []


def test_own_form_stops_the_run(browser: Browser, api: ScriptedApi) -> None:
    answer = browser.post(f"runs/{RUN_ID}/stop")

    assert (answer.status_code, api.operations) == (303, [STOP])
    assert answer.headers["Location"] == f"{browser.guard.base}runs/{RUN_ID}"


def test_link_for_the_launched_browser_works_once(browser: Browser) -> None:
    path = browser.guard.link_to_launch().partition(HOST)[2]

    assert [browser.get(path).status_code for _ in range(2)] == [200, 403]
    assert browser.get(browser.guard.link().partition(HOST)[2]).status_code == 200


@pytest.mark.parametrize("path", ["runs", f"runs/{RUN_ID}", "nothing", "static/ui.js"])
def test_every_answer_forbids_what_is_not_its_own(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert not [name for name in headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118


def test_no_page_needs_what_its_policy_forbids(browser: Browser) -> None:
    for path in ("runs", f"runs/{RUN_ID}", f"runs/{RUN_ID}/stop"):
        page = browser.get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert " on" + "click" not in page
        assert page.count("<script") == page.count('<script src="static/')
        assert "//" not in page.replace("http-equiv", "").replace("s3://", "")
