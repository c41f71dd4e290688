"""The table of a cohort's samples, which can be sorted and searched."""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from cli.cohort_report.samples import SampleResult
from seqstack.domain.qc.gates import value_text
from seqstack.domain.qc.metrics import METRICS, SEX, Value
from seqstack.domain.quantities import cost_text, duration_text
from seqstack.report.html import element

_DIGITS = 4
_COLUMNS = ("meanTargetDepth", "meanDepth", "targetBasesAt20x", "alignedRate", "duplicateRate")
_COUNTS = ("variants", "titv", SEX)
# Sorts a table by a column whose head is pressed, and shows the rows that have the text.
_SCRIPT = """
const body = document.querySelector('#samples tbody'), rows = [...body.rows];
const value = (row, n) => row.cells[n].dataset.value ?? row.cells[n].textContent;
document.querySelectorAll('#samples thead button').forEach((button, n) => {
  button.addEventListener('click', () => {
    const head = button.parentElement, down = head.getAttribute('aria-sort') === 'ascending';
    document.querySelectorAll('#samples th[aria-sort]').forEach(
      each => each.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    rows.sort((a, b) => {
      const [x, y] = [value(a, n), value(b, n)], [p, q] = [parseFloat(x), parseFloat(y)];
      const order = isNaN(p) || isNaN(q) ? x.localeCompare(y) : p - q;
      return down ? -order : order;
    });
    body.append(...rows);
  });
});
document.querySelector('#search').addEventListener('input', event => {
  const wanted = event.target.value.toLowerCase();
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
"""


def sample_search(samples: Sequence[SampleResult], odd: Mapping[str, Mapping[str, str]]) -> Element:
    """All samples; `odd` says by sample in which metrics it is far from the others."""
    measured = [
        name for name in (*_COLUMNS, *_COUNTS) if any(name in each.metrics for each in samples)
    ]
    head = ["sample", "state", *measured, "warnings", "time", "cost", "run", "results"]
    return element(
        "section",
        element("h2", "Samples"),
        element("p", element("label", "Search: ", element("input", id="search", type="search"))),
        element(
            "div",
            element(
                "table",
                element("caption", "All samples; the head of a column sorts by it"),
                element("thead", element("tr", *map(_head, head))),
                element("tbody", *(_row(each, measured, odd) for each in samples)),
                id="samples",
            ),
            class_="scroll",
            role="region",
            aria_label="All samples",
            tabindex="0",
        ),
        element("script", _SCRIPT),
    )


def _head(name: str) -> Element:
    return element("th", element("button", name, type="button"), scope="col")


def _row(
    each: SampleResult, measured: Sequence[str], odd: Mapping[str, Mapping[str, str]]
) -> Element:
    state = element("span", each.state, class_="succeeded" if each.succeeded else "failed")
    return element(
        "tr",
        element("th", each.sample, scope="row"),
        element("td", state),
        *(_metric(name, each, odd.get(each.sample, {})) for name in measured),
        _number(str(len(each.warnings)), len(each.warnings)),
        _number("" if each.seconds is None else duration_text(each.seconds), each.seconds),
        _number("" if each.usd is None else cost_text(each.usd), each.usd),
        element("td", each.run_id),
        element("td", each.results),
    )


def _metric(name: str, each: SampleResult, odd: Mapping[str, str]) -> Element:
    value = each.metrics.get(name)
    if value is None:
        return _number("", None)
    shown = value_text(METRICS[name], value, _DIGITS)
    return _number(f"{shown} !" if name in odd else shown, value)


def _number(shown: str, value: Value | None) -> Element:
    """A cell that sorts by its value; what is unknown comes first."""
    return element("td", shown, class_="number", data_value=str(-1 if value is None else value))
