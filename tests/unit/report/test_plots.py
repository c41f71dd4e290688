"""Plots of a job are shown as it drew them, and nothing of theirs is markup or runs."""

import json
from typing import Any
from xml.etree.ElementTree import tostring

import pytest

from seqstack.report.drawing import NoDrawingError, drawing
from seqstack.report.page import report_page
from seqstack.report.plots import plots
from tests.support.html_page import HtmlPage
from tests.unit.report.histories import succeeded

NAMESPACE = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
# elements of the report that html_page does not call quiet, and that do nothing
ADDED = {
    f"<{tag}>"
    for tag in (
        *("main", "footer", "caption", "pre", "code", "dl", "dt", "dd", "ul", "li", "i", "strong"),
        *("details", "summary", "figure", "figcaption", "g", "path", "line", "text", "svg"),
    )
}


def svg(content: str, attributes: str = 'viewBox="0 0 9 9"') -> str:
    return f"<svg {NAMESPACE} {attributes}>{content}</svg>"


def document(**changes: Any) -> bytes:
    plot = {
        "name": "depth",
        "title": "Depth",
        "summary": "Half of them have 30x.",
        "columns": ["depth", "share"],
        "rows": [[0, 0.123456], [1000, 0.5]],
        "svg": svg('<g transform="translate(1,2)"><text fill="var(--run)">30</text></g>'),
        **changes,
    }
    return json.dumps({"plots": [plot], "missing": []}).encode()


def page(content: bytes | str) -> HtmlPage:
    return HtmlPage(report_page(succeeded(), "2025-06-02T14:25:00.000Z", content))


def test_plot_has_its_drawing_its_sentence_and_its_data() -> None:
    text = tostring(plots(document()), encoding="unicode", method="html")

    assert '<g transform="translate(1,2)"><text fill="var(--run)">30</text></g></svg>' in text
    assert 'role="img" aria-label="Depth" aria-describedby="plot1"' in text
    assert '<figcaption id="plot1">Half of them have 30x.</figcaption>' in text
    assert '<th scope="row">0</th><td>0.1235</td>' in text
    assert '<th scope="row">1,000</th><td>0.5</td>' in text


def test_plot_that_a_sample_does_not_have_is_named() -> None:
    missing = {"plots": [], "missing": [{"title": "Allele balance", "why": "no call"}]}

    assert "Not shown:Allele balance: no call" in page(json.dumps(missing).encode()).text


def test_reason_without_plots_is_a_sentence() -> None:
    assert "There are no plots: the step failed." in page("the step failed").text


def test_report_without_plots_has_no_word_of_them() -> None:
    whole = report_page(succeeded(), "2025-06-02T14:25:00.000Z")

    assert "plots" not in whole.partition("<body>")[2]


HOSTILE = "</svg><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("key", ["title", "summary", "name"])
def test_text_of_a_plot_stays_text(key: str) -> None:
    found = page(document(**{key: HOSTILE}))

    assert {"script", "img"} & set(found.elements) == set()
    assert set(found.active) - ADDED == {"<a href='../bam/sorted.bam'>", *links(found)}
    assert key == "name" or HOSTILE in found.text


def links(found: HtmlPage) -> set[str]:
    return {part for part in found.active if part.startswith("<a href='../")}


def test_names_in_data_and_drawing_stay_text() -> None:
    escaped = HOSTILE.replace("<", "&lt;").replace(">", "&gt;")
    found = page(
        document(columns=[HOSTILE, "n"], rows=[[HOSTILE, 1]], svg=svg(f"<text>{escaped}</text>"))
    )

    assert {"script", "img"} & set(found.elements) == set()
    assert found.text.count(HOSTILE) == 3


@pytest.mark.parametrize(
    "drawn",
    [
        svg("<script>alert(1)</script>"),
        svg("<style>@import url(//x)</style>"),
        svg('<image href="http://x"/>'),
        svg('<use xlink:href="#a"/>'),
        svg("<foreignObject><p/></foreignObject>"),
        svg('<a href="javascript:alert(1)"><text>x</text></a>'),
        svg('<path onload="alert(1)"/>'),
        svg('<path style="fill:red"/>'),
        svg('<path xlink:href="#a"/>'),
        svg('<path fill="url(http://x)"/>'),
        svg('<path fill="URL (http://x)"/>'),
        svg('<path fill="u\\72l(//x)"/>'),
        svg('<path id="plot1"/>'),
        svg('<animate attributeName="href"/>'),
        svg("<svg/>"),
        svg("<html:p xmlns:html='http://www.w3.org/1999/xhtml'/>"),
        svg("<g>" * 50 + "</g>" * 50),
        svg("", 'viewBox="0 0 9 9" onload="alert(1)"'),
        svg("", ""),
        f'<!DOCTYPE svg [<!ENTITY a "b">]>{svg("<text>&a;</text>")}',
        f"<p {NAMESPACE}/>",
        "<svg viewBox='0 0 9 9'/>",
        svg("<g>"),
        "",
    ],
)
def test_drawing_of_anything_but_shapes_is_not_shown(drawn: str) -> None:
    with pytest.raises(NoDrawingError):
        drawing(drawn, "Depth", "plot1")

    found = page(document(svg=drawn))
    assert "The drawing in qc/plots.json can't be shown" in found.text
    assert "svg" not in found.elements
    assert "0.1235" in found.text


def test_drawing_leaves_out_what_it_does_not_show_and_says_of_itself() -> None:
    made = drawing(
        svg(
            '<path d="M0,0h9v9" aria-label="x" role="graphics-symbol" class="a"/>'
            '<path display="none" d="M1,1"/>',
            'viewBox="0 0 9 9" width="340" height="230"',
        ),
        "Depth",
        "plot1",
    )

    assert tostring(made, encoding="unicode") == (
        '<svg viewBox="0 0 9 9" role="img" aria-label="Depth" aria-describedby="plot1">'
        '<path d="M0,0h9v9" /></svg>'
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"plots": 1, "missing": []}',
        b'{"plots": [1], "missing": []}',
        b'{"plots": [], "missing": [1]}',
        b'{"plots": [{}], "missing": []}',
        b"[" * 100_000,
        b"\xff\xfe",
        document(rows=[1]),
        document(columns=1),
        document(rows=[[]]),
    ],
)
def test_document_of_another_kind_is_not_shown(content: bytes) -> None:
    text = page(content).text

    assert "There are no plots: qc/plots.json is not as this version" in text
    assert "All 2 steps succeeded" in text


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": [["é" * 20, 0.123456]] * 2900},
        {"rows": [[1] * 100_000]},
        {"svg": svg("<path d='M1,1'/>" * 20_000)},
        {"title": "<" * 390_000},
    ],
    ids=["rows", "cells", "drawing", "title"],
)
def test_report_of_the_largest_document_is_smaller_than_two_megabytes(
    changes: dict[str, Any],
) -> None:
    content = document(**changes)
    assert 200_000 < len(content) < 400_000

    report = report_page(succeeded(), "2025-06-02T14:25:00.000Z", content)

    assert len(report.encode()) < 2_000_000
    assert ("more than a report can show" in report) == ("title" in changes)


def test_browser_is_told_to_run_and_load_nothing() -> None:
    found = page(document())

    first = found.elements.index("meta")
    assert found.elements[first - 1] == "head"
    policy = found.attributes.index(("http-equiv", "Content-Security-Policy"))
    assert found.attributes[policy + 1] == (
        "content",
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    )
