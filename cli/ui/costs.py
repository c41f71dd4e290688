"""What many runs cost together: by project, cohort, sample, run or step."""

from datetime import date, datetime, time
from itertools import islice
from xml.etree.ElementTree import Element

from werkzeug.wrappers import Request, Response

from cli.client import RunQuery
from cli.costs import Bill, By, Total, finer_than, started_within
from cli.screen.text import cost_text, count_text
from cli.ui.frame import Page, Ui, whole
from cli.ui.marks import empty, field, filter_form, labelled, link, select
from seqstack.report.html import Content, element, table

_COUNTED = 1000
_FILTERS = ("project", "cohort", "sample", "since")
_BELOW = {By.PROJECT: "project", By.COHORT: "cohort", By.SAMPLE: "sample"}


def costs(ui: Ui, request: Request) -> Response:
    """Totals of the newest runs that the filters choose."""
    given = {name: request.args.get(name, "").strip() for name in _FILTERS}
    query = RunQuery(sample=given["sample"], cohort=given["cohort"], project=given["project"])
    asked = request.args.get("by", "")
    by = By(asked) if asked in list(By) else finer_than(query)
    since, said = _day(given["since"])
    found = list(islice(started_within(ui.session.api.each_run(query), since, None), _COUNTED + 1))
    runs = found[:_COUNTED]
    page = Page(
        "Costs",
        [
            element("h1", "Costs"),
            _filters(given, asked if asked in list(By) else "", said),
            *_shown(ui, Bill.of(runs, by), given, is_cut=len(found) > len(runs)),
        ],
        here="costs",
    )
    return whole(ui, page)


def _shown(ui: Ui, bill: Bill, given: dict[str, str], *, is_cut: bool) -> list[Content]:
    if not bill.whole.runs:
        return [empty("No run is like this.", "Change the filters, or ", link("show all", "costs"))]
    rows = [_row(bill, total, _key(bill.by, total.key, given)) for total in bill.totals]
    if len(rows) > 1:
        rows.append(_row(bill, bill.whole, "total"))
    made = table("US dollars, the highest first", [bill.by, "runs", "cost", "share", "a run"], rows)
    made.set("class", "scroll costs" if len(rows) > 1 else "scroll")
    return [made, *_notes(ui, bill, is_cut=is_cut)]


def _row(bill: Bill, total: Total, key: Content) -> list[Content]:
    whole_usd = bill.whole.cost_usd
    cost = "not known yet" if total.cost_usd is None else cost_text(total.cost_usd)
    share = _share(total.cost_usd / whole_usd) if total.cost_usd and whole_usd else ""
    is_part = bill.by is By.STEP and total is not bill.whole
    return [key, f"{total.runs:,}", cost, share, "" if is_part else cost_text(total.usd_per_run)]


def _share(share: float) -> Element:
    rect = element("rect", width=f"{share:.2%}", height="100%", class_="running")
    bar = element("svg", rect, class_="shares", aria_hidden="true")
    return element("div", element("span", f"{share:.0%}"), bar, class_="part")


def _key(by: By, key: str, given: dict[str, str]) -> Content:
    """A name that leads to what it is made of."""
    if not key:
        return f"(no {by})"
    if by is By.RUN:
        return link(key, "runs", key)
    if by in _BELOW:
        return link(key, "costs", **{**given, _BELOW[by]: key})
    return key


def _notes(ui: Ui, bill: Bill, *, is_cut: bool) -> list[Content]:
    notes = []
    if is_cut:
        command = ui.session.options.command("cost")
        notes.append(f"These are the newest {_COUNTED:,} runs; `{command}` counts all.")
    if bill.unpriced_attempts:
        count = count_text(bill.unpriced_attempts, "attempt")
        notes.append(f"Left out: {count} with an unknown price.")
    if bill.open_runs:
        count = count_text(bill.open_runs, "run")
        verb = "is" if bill.open_runs == 1 else "are"
        notes.append(f"Incomplete: the cost of {count} that {verb} running or ended a moment ago.")
    return [element("p", note, class_="note") for note in notes]


def _day(text: str) -> tuple[datetime | None, str]:
    """The begin of a day in this machine's zone, and what is wrong with the text."""
    if not text:
        return None, ""
    try:
        return datetime.combine(date.fromisoformat(text), time()), ""
    except ValueError:
        return None, "is not a day, such as 2026-01-31"


def _filters(given: dict[str, str], by: str, said: str) -> Element:
    names = {"": "automatic", **{str(each): str(each) for each in By}}
    return filter_form(
        "costs",
        labelled("By", select("by", names, by)),
        *(labelled(name.capitalize(), field(name, given[name])) for name in _FILTERS[:-1]),
        labelled(
            "Started since",
            element("input", type="date", id="since", name="since", value=given["since"]),
            element("p", said, class_="problem") if said else None,
        ),
        clear=link("Clear", "costs") if by or any(given.values()) else None,
        layout="of-costs",
    )
