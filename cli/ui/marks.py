"""Small parts of pages: links, states, times, forms."""

from collections.abc import Iterable
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

from cli.screen.text import moment, moment_text
from cli.shapes.runs import RunSummary
from seqstack.domain.words import RunState
from seqstack.report.html import Content, element

_NAMES = {
    "QC_FAILED": "QC failed",
    "TIMED_OUT": "timed out",
    "ABORTED": "stopped",
}
_SIGNS = {
    "PENDING": "·",
    "RUNNING": "▸",
    "SUCCEEDED": "✓",
    "FAILED": "✗",
    "QC_FAILED": "✗",
    "TIMED_OUT": "✗",
    "STOPPED": "■",
    "ABORTED": "■",
}


def address(*names: str, **query: str) -> str:
    """An address below the pages' base; names are escaped, empty parameters are left out."""
    path = "/".join(quote(name, safe="") for name in names)
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def link(text: Content, *names: str, **query: str) -> Element:
    """A link to a page."""
    return element("a", text, href=address(*names, **query))


def cohort_link(run: RunSummary) -> Element | None:
    """A link to a run's cohort, if it has one."""
    return link(run["cohortId"], "cohorts", run["cohortId"]) if run["cohortId"] else None


def project_link(run: RunSummary) -> Element | None:
    """A link to the runs of a run's project, if it has one."""
    return link(run["project"], "runs", project=run["project"]) if run["project"] else None


def state_name(state: str) -> str:
    """A state in words."""
    return _NAMES.get(state, state.lower().replace("_", " "))


def badge(state: str, text: str = "") -> Element:
    """A state, by sign, colour and word."""
    return element(
        "span",
        element("span", _SIGNS.get(state, "?"), aria_hidden="true"),
        f" {text or state_name(state)}",
        class_=f"badge {state.lower()}",
    )


def when(iso: str | None) -> Element | None:
    """A time in this machine's zone."""
    if not iso:
        return None
    return element("time", moment_text(iso), datetime=moment(iso).isoformat())


def facts(*pairs: tuple[str, Content]) -> Element:
    """Terms and values; those without a value are left out."""
    return element(
        "dl",
        *(
            element("div", element("dt", name), element("dd", value))
            for name, value in pairs
            if value not in (None, "")
        ),
        class_="facts",
    )


def empty(title: str, *content: Content) -> Element:
    """What stands in place of a list without entries."""
    return element(
        "div",
        element("p", title, class_="what"),
        element("p", *content) if content else None,
        class_="empty",
    )


def hidden(name: str, value: str) -> Element:
    """A field of a form that is not shown."""
    return element("input", type="hidden", name=name, value=value)


def labelled(label: str, field: Element, note: Content = None) -> Element:
    """A field with its label."""
    return element("div", element("label", label, for_=field.attrib["id"]), field, note)


def select(name: str, options: dict[str, str], chosen: str) -> Element:
    """A list to choose from: labels by value."""
    return element(
        "select",
        *(
            element("option", label, value=value, **({"selected": ""} if value == chosen else {}))
            for value, label in options.items()
        ),
        name=name,
        id=name,
    )


def field(name: str, value: str, hint: str = "") -> Element:
    """A field for a text; `search` is one for a search."""
    kind = "search" if name == "search" else "text"
    return element(
        "input",
        type=kind,
        id=name,
        name=name,
        value=value,
        placeholder=hint,
        autocomplete="off",
        spellcheck="false",
    )


def filter_form(
    action: str, *fields: Content, clear: Element | None = None, layout: str = ""
) -> Element:
    """A form of filters, whose page is `action`; `clear` is a link to that page without them."""
    return element(
        "form",
        *fields,
        element(
            "div",
            element("button", "Show", type="submit"),
            *((" ", clear) if clear is not None else ()),
        ),
        class_=f"filters {layout}".rstrip(),
        action=action,
        role="search",
    )


def state_chips(page: str, states: Iterable[str], given: dict[str, str]) -> Element:
    """Links to the list of a page in each of the states; `given` are its filters."""
    others = {name: value for name, value in given.items() if name != "state"}
    chips = []
    for state in ("", *states):
        current = {"aria_current": "true"} if state == given["state"] else {}
        text = state_name(state).capitalize() if state else "All"
        text = "QC failed" if state == RunState.QC_FAILED else text
        chips.append(element("a", text, href=address(page, **others, state=state), **current))
    return element("nav", *chips, class_="chips", aria_label="State")


def pages(page: str, given: dict[str, str], token: str, following: str) -> Element | None:
    """Links to the other pages of a list, if there are any."""
    if not token and not following:
        return None
    return element(
        "nav",
        link("Newest", page, **given) if token else None,
        link(f"Older {page}", page, **given, nextToken=following) if following else None,
        class_="pages",
        aria_label=f"More {page}",
    )
