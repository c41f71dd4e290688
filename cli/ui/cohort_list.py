"""The list of cohorts."""

from xml.etree.ElementTree import Element

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from cli.client import CohortQuery
from cli.shapes.cohorts import CohortSummary
from cli.ui.frame import Page, Ui, whole
from cli.ui.marks import (
    address,
    badge,
    empty,
    field,
    filter_form,
    hidden,
    labelled,
    link,
    pages,
    state_chips,
    when,
)
from seqstack.domain.words import CohortState
from seqstack.report.html import Content, element, table

_SEE_OTHER = 303
_SHOWN = 50
_COLUMNS = ["cohort", "state", "samples", "project", "first started", "last started", "ended"]


def cohort_list(ui: Ui, request: Request) -> Response:
    """The cohorts that the filters choose, newest first; with a name, that cohort."""
    name = request.args.get("name", "").strip()
    if name:
        return redirect(ui.guard.base + address("cohorts", name), _SEE_OTHER)
    given = {each: request.args.get(each, "").strip() for each in ("state", "project")}
    given["state"] = given["state"].upper()
    token = request.args.get("nextToken", "")
    query = CohortQuery(given["state"], given["project"])
    listed = ui.session.api.list_cohorts(query, _SHOWN, token)
    cohorts = listed["cohorts"]
    page = Page(
        "Cohorts",
        [
            element("h1", "Cohorts"),
            state_chips("cohorts", CohortState, given),
            _search(given),
            _table(cohorts) if cohorts else _none(ui, given),
            pages("cohorts", given, token, listed["nextToken"] or ""),
        ],
        here="cohorts",
    )
    return whole(ui, page)


def _search(given: dict[str, str]) -> Element:
    return filter_form(
        "cohorts",
        hidden("state", given["state"]) if given["state"] else None,
        labelled("Name", field("name", "")),
        labelled("Project", field("project", given["project"])),
        clear=link("Clear", "cohorts") if any(given.values()) else None,
        layout="by-place",
    )


def _table(cohorts: list[CohortSummary]) -> Element:
    rows: list[list[Content]] = [_row(each) for each in cohorts]
    return table("Cohorts, newest first", _COLUMNS, rows)


def _row(each: CohortSummary) -> list[Content]:
    project = each["project"]
    return [
        link(each["cohortId"], "cohorts", each["cohortId"]),
        badge(each["state"]),
        f"{each['plan']['samples']:,}" if each["plan"] else "",
        link(project, "cohorts", project=project) if project else None,
        when(each["createdAt"]),
        when(each["startedAt"]),
        when(each["endedAt"]),
    ]


def _none(ui: Ui, given: dict[str, str]) -> Element:
    if any(given.values()):
        more = ("Change the filters, or ", link("show all cohorts", "cohorts"), ".")
        return empty("No cohort is like this.", *more)
    command = element("code", ui.session.options.command("cohort", "run", "SHEET"))
    return empty("There are no cohorts yet.", "Start one by ", command, ".")
