"""Elements of HTML; text and attributes are escaped by construction."""

from importlib.resources import files as package_files
from xml.etree.ElementTree import Element, tostring

type Content = Element | str | None


def element(tag: str, *content: Content, **attributes: str) -> Element:
    """An element with its content; None is left out.

    A trailing underscore in an attribute's name is dropped, and others are dashes: `class_`,
    `aria_label`.
    """
    made = Element(
        tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    )
    add(made, *content)
    return made


def add(parent: Element, *content: Content) -> None:
    """Append content to an element."""
    for each in content:
        if isinstance(each, Element):
            parent.append(each)
        elif each and len(parent):
            parent[-1].tail = (parent[-1].tail or "") + _printable(each)
        elif each:
            parent.text = (parent.text or "") + _printable(each)


def page(title: str, main: Element, footer: Element, policy: str = "") -> str:
    """The text of a whole page in the look of all reports; `policy` is for the browser."""
    security = {"http-equiv": "Content-Security-Policy", "content": policy}
    head = element(
        "head",
        Element("meta", security) if policy else None,
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{title} - SeqStack"),
        element("style", package_files("seqstack.report").joinpath("style.css").read_text()),
    )
    whole = element("html", head, element("body", main, footer), lang="en")
    return "<!doctype html>\n" + tostring(whole, encoding="unicode", method="html") + "\n"


def table(caption: str, head: list[str], rows: list[list[Content]]) -> Element:
    """A table with a caption; the first cell of a row is its header."""
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", *(element("th", each, scope="col") for each in head))),
            element("tbody", *(_row(row) for row in rows)),
        ),
        class_="scroll",
        role="region",
        aria_label=caption,
        tabindex="0",
    )


def _row(cells: list[Content]) -> Element:
    first, *others = cells
    return element(
        "tr", element("th", first, scope="row"), *(element("td", each) for each in others)
    )


def _printable(text: str) -> str:
    """Without control characters, which XML and HTML cannot carry."""
    return "".join(char if char >= " " or char in "\n\t" else "\ufffd" for char in text)
