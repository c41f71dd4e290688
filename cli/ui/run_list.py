"""The list of runs, with filters and search."""

from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import Element

from werkzeug.wrappers import Request, Response

from cli.client import RunQuery
from cli.costs import known_usd
from cli.screen.text import cost_text, duration_text, moment
from cli.shapes.runs import RunSummary
from cli.ui.frame import Page, Ui, part, whole
from cli.ui.marks import (
    address,
    badge,
    cohort_link,
    empty,
    field,
    filter_form,
    hidden,
    labelled,
    link,
    pages,
    project_link,
    state_chips,
    when,
)
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME
from seqstack.report.html import Content, element, table

_SHOWN = 50
_SEARCHED = 1000
_SECONDS, _IDLE_SECONDS = 5, 30
_FILTERS = ("state", "search", "sample", "cohort", "project")


def run_list(ui: Ui, request: Request) -> Response:
    """The runs that the filters choose, newest first; live."""
    given = {name: request.args.get(name, "").strip() for name in _FILTERS}
    given["state"] = given["state"].upper()
    token = request.args.get("nextToken", "")
    listed = _listed(ui, given, token)
    if "part" in request.args:
        return part(listed)
    page = Page(
        "Runs",
        [
            element(
                "div",
                element("h1", "Runs"),
                element("a", "Start a run", href="start", class_="button primary"),
                class_="title",
            ),
            state_chips("runs", RunState, given),
            _search(given),
            listed,
        ],
        here="runs",
        refresh_seconds=_IDLE_SECONDS,
    )
    return whole(ui, page)


def _listed(ui: Ui, given: dict[str, str], token: str) -> Element:
    query = RunQuery(given["state"], given["sample"], given["cohort"], given["project"])
    if given["search"]:
        newest = islice(ui.session.api.each_run(query), _SEARCHED)
        runs = list(islice(_matching(newest, given["search"].casefold()), _SHOWN))
        following = ""
    else:
        page = ui.session.api.list_runs(query, _SHOWN, token)
        runs, following = page["runs"], page["nextToken"] or ""
    is_running = any(run["state"] == RunState.RUNNING for run in runs)
    return element(
        "div",
        run_table(runs, "Runs, newest first") if runs else _none(ui, given),
        _pages(given, token, following),
        id="runs",
        data_live=address("runs", **given, nextToken=token, part="list"),
        data_seconds=str(_SECONDS if is_running else _IDLE_SECONDS),
        data_said=f"{len(runs)} runs are shown",
    )


def _matching(runs: Iterator[RunSummary], wanted: str) -> Iterator[RunSummary]:
    for run in runs:
        texts = (run["runId"], run["subject"], run["cohortId"], run["project"], run["workflow"])
        if any(wanted in (text or "").casefold() for text in texts):
            yield run


def run_table(runs: list[RunSummary], caption: str) -> Element:
    """A table of runs; columns that all runs leave empty are not shown."""
    columns: dict[str, list[Content]] = {
        "sample": [_subject(run) for run in runs],
        "state": [badge(run["state"]) for run in runs],
        "workflow": [_unusual(run) for run in runs],
        "cohort": [cohort_link(run) for run in runs],
        "project": [project_link(run) for run in runs],
        "started": [when(run["startedAt"]) for run in runs],
        "time": [_time(run) for run in runs],
        "cost": [cost_text(known_usd(run)) for run in runs],
        "run": [element("code", run["runId"], title=run["runId"]) for run in runs],
    }
    shown = {name: cells for name, cells in columns.items() if any(map(_is_there, cells))}
    rows = [list(cells) for cells in zip(*shown.values(), strict=True)]
    made = table(caption, list(shown), rows)
    made.set("class", "scroll runs")
    return made


def _is_there(cell: Content) -> bool:
    return cell is not None and cell != ""


def _subject(run: RunSummary) -> Element:
    name = run["sampleId"] or run["subject"] or run["runId"]
    return element("span", link(name, "runs", run["runId"]), _warned(run))


def _warned(run: RunSummary) -> Element | None:
    count = len(run["warnings"])
    if not count:
        return None
    text = f"{count} warning{'s' if count > 1 else ''}"
    return element("span", text, class_="tag warned")


def _unusual(run: RunSummary) -> str:
    return "" if run["workflow"] == SECONDARY_ANALYSIS_NAME else run["workflow"]


def _time(run: RunSummary) -> str:
    if run["endedAt"] is None:
        return ""
    return duration_text((moment(run["endedAt"]) - moment(run["startedAt"])).total_seconds())


def _none(ui: Ui, given: dict[str, str]) -> Element:
    if any(given.values()):
        return empty(
            "No run is like this.",
            "Change the filters, or ",
            link("show all runs", "runs"),
            ".",
        )
    return empty(
        "There are no runs yet.",
        link("Start one", "start"),
        ", or by ",
        element("code", ui.session.options.command("run")),
        "; it appears here seconds later.",
    )


def _pages(given: dict[str, str], token: str, following: str) -> Element | None:
    if given["search"]:
        return element("p", f"The newest {_SEARCHED:,} runs were searched.", class_="note")
    return pages("runs", given, token, following)


def _search(given: dict[str, str]) -> Element:
    return filter_form(
        "runs",
        hidden("state", given["state"]) if given["state"] else None,
        labelled("Search", field("search", given["search"], "part of an id, sample, project …")),
        labelled("Sample", field("sample", given["sample"])),
        labelled("Cohort", field("cohort", given["cohort"])),
        labelled("Project", field("project", given["project"])),
        clear=link("Clear", "runs") if any(given.values()) else None,
    )
