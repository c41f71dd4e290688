"""The plots of a run's quality, as the step `aggregateQc` has drawn them."""

import json
from typing import Any
from xml.etree.ElementTree import Element, tostring

from seqstack.domain.plain_text import one_line
from seqstack.report.drawing import NoDrawingError, drawing
from seqstack.report.html import Content, element, table

MOST_BYTES = 400_000
_MOST_SHOWN = 1_500_000  # bytes of HTML; a report has less than 2 MB
_DIGITS = 4


def plots(content: bytes | str) -> Element:
    """The plots in `qc/plots.json`; or a sentence, if `content` is why there are none.

    The document comes from a job, so nothing in it is taken for markup.
    """
    if isinstance(content, str):
        return _absent(content)
    try:
        document = json.loads(content)
        figures = [_figure(n, each) for n, each in enumerate(document["plots"], start=1)]
        missing = [
            element("li", _text(f"{each['title']}: {each['why']}")) for each in document["missing"]
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return _absent("qc/plots.json is not as this version of SeqStack writes it")
    without = [element("p", "Not shown:"), element("ul", *missing)] if missing else []
    made = element("div", element("div", *figures, class_="plots"), *without)
    if len(tostring(made, method="html")) > _MOST_SHOWN:
        return _absent("qc/plots.json has more than a report can show")
    return made


def _absent(why: str) -> Element:
    return element("p", f"There are no plots: {why}.")


def _figure(number: int, plot: dict[str, Any]) -> Element:
    title, caption = _text(plot["title"]), f"plot{number}"
    rows: list[list[Content]] = [[_cell(each) for each in row] for row in plot["rows"]]
    try:
        drawn = drawing(str(plot["svg"]), title, caption)
    except NoDrawingError as error:
        drawn = element("p", f"The drawing in qc/plots.json can't be shown: {error}.")
    data = table(f"{title}: data", [_text(each) for each in plot["columns"]], rows)
    return element(
        "figure",
        element("h3", title),
        element("figcaption", _text(plot["summary"]), id=caption),
        drawn,
        element("details", element("summary", f"Data of “{title}”"), data),
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    return f"{value:,}" if isinstance(value, int) else _text(value)


def _text(value: object) -> str:
    return one_line(str(value))
