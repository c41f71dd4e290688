"""What the pages say, and what text from outside does in them: nothing."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from cli.errors import no_access, unavailable
from seqstack.domain.plain_text import harmless
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID, detail, failed, job, step, succeeded, summary
from tests.unit.cli.scripted_api import ScriptedApi, problem
from tests.unit.cli.test_hostile_answers import hostile
from tests.unit.cli.test_results import log, made
from tests.unit.cli.ui.conftest import Browser

RUNS, RUN = "GET /runs", f"GET /runs/{RUN_ID}"
OUTPUTS, LOG = f"GET /runs/{RUN_ID}/outputs", f"GET /runs/{RUN_ID}/logs/align"
LINK = "https://results.s3.us-east-1.amazonaws.com/r/NA1"
MARKUP = "</p><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
RUNNING = step(
    state="RUNNING",
    attempts=1,
    startedAt="2026-01-02T03:06:00.000Z",
    jobs=[
        job(
            progress={
                "at": "2026-01-02T03:20:00.000Z",
                "phase": "run",
                "unit": "reads",
                "done": 12_345_678,
                "total": 40_100_000,
                "isEstimate": True,
                "perSecond": 18500.0,
                "secondsLeft": 1500,
            }
        )
    ],
)


class Text(HTMLParser):
    """A page's text, and its elements with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **having: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for each, attributes in self.elements
            if each == tag and having.items() <= attributes.items()
        ]


def test_list_names_each_run_and_asks_for_what_the_filters_choose(
    browser: Browser, api: ScriptedApi
) -> None:
    api.on(RUNS, {"runs": [summary(cohortId="trios")], "nextToken": "t2"})

    page = Text(browser.get("runs?state=running&sample=NA12878&project=p").text)

    assert "NA12878" in page.text
    assert api.asked[0].query == {
        "state": "RUNNING",
        "sample": "NA12878",
        "project": "p",
        "limit": "50",
    }
    assert page.all("a", href="runs?state=RUNNING&sample=NA12878&project=p&nextToken=t2")
    assert page.all("a", href="cohorts/trios")


def test_search_finds_a_part_of_any_name_over_all_pages(browser: Browser, api: ScriptedApi) -> None:
    first = [summary(runId="r1"), summary(runId="r2", project="Rare-Disease")]
    api.on(
        RUNS,
        {"runs": first, "nextToken": "t"},
        {"runs": [summary(runId="r3", sampleId="raree", subject="raree")], "nextToken": None},
    )

    page = browser.get("runs?search=RARE").text

    assert [name for name in ("r1", "r2", "r3") if f">{name}<" in page] == ["r2", "r3"]


@pytest.mark.parametrize(
    ("path", "said"),
    [("runs", "<code>seqstack --stack lab run</code>"), ("runs?sample=x", "No run is like this")],
)
def test_empty_list_says_what_to_do(
    browser: Browser, api: ScriptedApi, path: str, said: str
) -> None:
    api.on(RUNS, {"runs": [], "nextToken": None})

    assert said in browser.get(path).text


def test_running_run_is_live_and_shows_how_far_it_is(browser: Browser, api: ScriptedApi) -> None:
    api.on(RUN, detail(RUNNING, step("callVariants", "bcftools")))

    page = Text(browser.get(f"runs/{RUN_ID}").text)

    assert "12.3 M of about 40.1 M reads aligned, about 25 min left" in page.text
    assert page.all("progress", value="12345678", max="40100000")
    assert page.all("div", id="overview", **{"data-live": f"runs/{RUN_ID}?part=overview"})
    assert page.all("meta", **{"http-equiv": "refresh"})  # within noscript
    assert page.all("a", href=f"runs/{RUN_ID}/stop")


def test_part_is_the_same_without_the_frame(browser: Browser, api: ScriptedApi) -> None:
    api.on(RUN, succeeded())

    part = browser.get(f"runs/{RUN_ID}?part=overview").text

    assert part.startswith("<div")
    assert part in browser.get(f"runs/{RUN_ID}").text
    assert "data-live" not in part


def test_failed_run_says_why_and_what_to_do_before_its_steps(
    browser: Browser, api: ScriptedApi
) -> None:
    run = failed()
    run["failure"]["cause"] = (
        "align (bwa) failed: exit status 65\nFAILED R1 ends early\ndo: send the reads again\n"
        "job j-1, log stream s\nlast 1 line of its log:\nbwa: truncated"
    )
    api.on(RUN, run)

    page = Text(browser.get(f"runs/{RUN_ID}").text)

    places = [
        page.text.index(part)
        for part in ("ToolFailedError", "FAILED R1 ends early", "What to do: send", "truncated")
    ]
    assert places == sorted(places)
    assert (
        page.text.index("truncated") < page.text.index("callVariants" if False else "bwa: tr") + 9
    )
    assert page.all("a", href=f"runs/{RUN_ID}/resume")
    assert page.all("a", href=f"runs/{RUN_ID}/logs?step=align")


def test_timeline_places_waiting_and_running_on_the_runs_scale(
    browser: Browser, api: ScriptedApi
) -> None:
    # the scale is 1.02 hours; the job waits in the second quarter of the run's hour, then runs
    done = job(
        state="SUCCEEDED",
        createdAt="2026-01-02T03:15:00.000Z",
        startedAt="2026-01-02T03:30:00.000Z",
        stoppedAt="2026-01-02T04:00:00.000Z",
    )
    run = detail(
        step(state="SUCCEEDED", jobs=[done]),
        state="SUCCEEDED",
        startedAt="2026-01-02T03:00:00.000Z",
        endedAt="2026-01-02T04:00:00.000Z",
    )
    api.on(RUN, run)

    page = Text(browser.get(f"runs/{RUN_ID}").text)

    (waited,) = page.all("rect", **{"class": "queue"})
    (ran,) = page.all("rect", **{"class": "run"})
    assert (waited["x"], waited["width"]) == ("24.51%", "24.51%")
    assert (ran["x"], ran["width"]) == ("49.02%", "49.02%")
    assert "attempt 1: waited 15 min 00 s, ran 30 min 00 s, succeeded" in str(page.all("svg"))


def test_log_goes_on_after_its_token(browser: Browser, api: ScriptedApi) -> None:
    api.on(RUN, detail(step(state="RUNNING", jobs=[job(attempt=2)])))
    api.on(
        LOG,
        log("2026-01-02T03:04:05Z begins", state="RUNNING", token="f/1"),
        log("more", state="RUNNING", token="f/2"),
        log(state="SUCCEEDED", token="f/2"),
    )

    page = Text(browser.get(f"runs/{RUN_ID}/logs").text)
    (shown,) = page.all("div", id="log")
    follow = str(shown["data-log"])
    first = json.loads(browser.get(f"{follow}&nextToken=f/1").text)
    second = json.loads(browser.get(f"{follow}&nextToken=f/2").text)

    assert "03:04:05 begins" in page.text
    assert (shown["data-token"], shown["role"]) == ("f/1", "log")
    assert first == {
        "lines": [["03:04:05", "more"]],
        "nextToken": "f/2",
        "more": True,
        "ended": False,
    }
    assert (second["lines"], second["more"], second["ended"]) == ([], False, True)
    assert api.asked[-1].query == {"attempt": "2", "limit": "1000", "nextToken": "f/2"}


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (problem(404, "there is no run x"), 404, "There is no run x"),
        (no_access("there are no AWS credentials", "sign in"), 403, "sign in"),
        (unavailable("no answer from https://api", "try again"), 502, "No answer from the stack"),
    ],
)
def test_error_is_a_page_with_what_to_do(
    browser: Browser, api: ScriptedApi, answer: Any, status: int, said: str
) -> None:
    api.on(RUN, answer)

    shown = browser.get(f"runs/{RUN_ID}")
    part = browser.get(f"runs/{RUN_ID}?part=overview")

    assert (shown.status_code, part.status_code) == (status, status)
    assert said in shown.text
    assert 'role="alert"' in shown.text
    assert "<html" not in part.text


def test_page_that_does_not_exist_and_form_that_no_page_takes(browser: Browser) -> None:
    assert browser.get("nothing").status_code == 404
    assert browser.get("runs/").status_code == 404
    assert browser.get(f"runs/{RUN_ID}/log-lines?step=align&attempt=x").status_code == 422
    assert browser.post("runs").status_code == 422
    assert browser.get("static/../guard.py").status_code in {403, 404}


def test_stop_asks_first_and_resume_is_repeatable(browser: Browser, api: ScriptedApi) -> None:
    api.on(RUN, failed())
    api.on(f"POST /runs/{RUN_ID}/resume", {"runId": "r2", "resumedFrom": "", "how": "RESTARTED"})

    asked = Text(browser.get(f"runs/{RUN_ID}/resume").text)
    (key,) = asked.all("input", name="key")
    form = {"token": browser.guard.form_token, "key": str(key["value"])}
    answers = [browser.post(f"runs/{RUN_ID}/resume", form) for _ in range(2)]

    assert api.operations[:1] == [RUN]
    assert {each.headers["Location"] for each in answers} == {f"{browser.guard.base}runs/r2"}
    assert {each.headers["Idempotency-Key"] for each in api.asked[1:]} == {key["value"]}


def test_files_are_listed_and_states_told_only_where_one_is_unusual(
    browser: Browser, api: ScriptedApi
) -> None:
    api.on(RUN, succeeded())
    api.on(OUTPUTS, made("bam/sorted.bam", "qc/x.txt", link=LINK))
    whole = Text(browser.get(f"runs/{RUN_ID}/files").text)
    api.on(OUTPUTS, made("bam/sorted.bam", state="gone"))
    gone = Text(browser.get(f"runs/{RUN_ID}/files").text)

    (bam,) = whole.all("a", download="")[:1]
    assert (
        bam["href"]
        == f"runs/{RUN_ID}/content?object=s3%3A%2F%2Fresults%2Fr%2FNA1%2Fbam%2Fsorted.bam"
    )
    assert LINK not in browser.get(f"runs/{RUN_ID}/files").text
    assert "deleted" not in whole.text
    assert "deleted" in gone.text
    assert not gone.all("a", download="")


@pytest.mark.parametrize(
    "path", ["runs", *(f"runs/{RUN_ID}{tab}" for tab in ("", "/logs", "/files", "/cost", "/stop"))]
)
@pytest.mark.parametrize("attack", ["markup", "characters"])
def test_text_from_outside_is_text(
    browser: Browser, api: ScriptedApi, path: str, attack: str
) -> None:
    def attacked(answer: Any) -> Any:
        if attack == "characters":
            return hostile(answer)
        return json.loads(json.dumps(answer).replace("evil", json.dumps(MARKUP)[1:-1]))

    run = failed() | {
        "sampleId": "evil",
        "project": "evil",
        "cohortId": "evil",
        "reference": "evil",
        "failure": {"error": "evil", "cause": "evil\ndo: evil\njob j, log stream x\nevil"},
        "warnings": [{"step": "align", "code": "evil", "message": "evil"}],
    }
    run["steps"][0] |= {"jobs": [runs.job(accounts=[runs.account(instanceType="evil")])]}
    api.on(RUN, attacked(run))
    api.on(RUNS, attacked({"runs": [run], "nextToken": None}))
    api.on(LOG, attacked(log("evil")))
    api.on(OUTPUTS, attacked(made("evil.bam", link=None)))

    page = Text(browser.get(path).text)

    assert harmless(page.text) == page.text
    assert {each["src"] for each in page.all("script")} == {"static/ui.js"}
    assert page.all("img") == []
    assert not [each for _, each in page.elements if any(name.startswith("on") for name in each)]
    if attack == "markup":
        assert MARKUP in page.text
