"""The run's report and MultiQC's, and the accuracy that was measured on this machine, inline.

Tools make them from a sample's data, so they are untrusted (decision 24): they are shown in a
sandbox, whose origin is none, with the policy of `cli.pages`, and reach nothing.
"""

from contextlib import closing
from itertools import chain
from xml.etree.ElementTree import Element

from werkzeug.wrappers import Request, Response

from cli.accuracy.kept import kept_page
from cli.errors import not_found
from cli.pages import QUALITY, REPORT, RESULT_PAGES
from cli.shapes.runs import RunDetail
from cli.ui.frame import Ui, own_file, part, whole
from cli.ui.marks import address, empty
from cli.ui.run_page import tabbed
from seqstack.domain.results import ACCURACY
from seqstack.report.html import element

_PAGES = {"report": REPORT, "multiqc": QUALITY, "accuracy": ACCURACY}
_NAMES = {"report": "report", "multiqc": "quality report", "accuracy": "accuracy"}
_SCRIPTED = frozenset({QUALITY})
_SECONDS = 10
_HTML = "text/html; charset=utf-8"


def report(ui: Ui, request: Request, run_id: str, which: str) -> Response:
    """A page of a run in a frame, which appears once the page is written."""
    run = ui.session.api.get_run(run_id)
    if which == "accuracy":
        shown = _frame(run_id, which) if kept_page(run_id) else _how_to_measure(ui, run_id)
        return whole(ui, tabbed(run, which, [shown]))
    uri = _uri(ui, run_id, which)
    shown = _frame(run_id, which) if uri else _waiting(run, which)
    if "part" in request.args:
        return part(shown)
    return whole(ui, tabbed(run, which, [shown], refresh_seconds=0 if uri else _SECONDS))


def _how_to_measure(ui: Ui, run_id: str) -> Element:
    files = ("--truth", "truth.vcf.gz", "--regions", "sure.bed", "--reference", "genome.fa")
    return empty(
        "The accuracy of this run has not been measured on this machine.",
        "With a truth for its sample, measure it by ",
        element("code", ui.session.options.command("validate", run_id, *files)),
        ".",
    )


def _frame(run_id: str, which: str) -> Element:
    source = address("runs", run_id, "frame", which)
    what = _NAMES[which]
    return element(
        "div",
        element("p", element("a", "Open it alone", href=source, target="_blank"), class_="note"),
        element(
            "iframe",
            src=source,
            title=f"The run's {what}",
            sandbox="allow-scripts" if _PAGES[which] in _SCRIPTED else "",
            class_="report",
        ),
        id="report",
        data_said=f"The {what} is there",
    )


def _waiting(run: RunDetail, which: str) -> Element:
    return element(
        "div",
        empty("There is no such report yet.", _when(which, has_ended=bool(run["endedAt"]))),
        id="report",
        data_live=address("runs", run["runId"], which, part="report"),
        data_seconds=str(_SECONDS),
        data_said="There is no such report yet",
    )


def frame(ui: Ui, _request: Request, run_id: str, which: str) -> Response:
    """The page itself. Its links to files beside it lead nowhere in a frame: they are none."""
    if which == "accuracy":
        kept = kept_page(run_id)
        if kept is None:
            raise not_found(f"the accuracy of run {run_id} was not measured here")
        return _framed(Response(_without_links(kept.read_bytes()), content_type=_HTML), REPORT)
    uri = _uri(ui, run_id, which)
    if not uri:
        raise not_found(f"run {run_id} has no such report")
    fetched = ui.links.fetch(run_id, uri)
    if which == "report":
        with closing(fetched.pieces):
            content = _without_links(b"".join(fetched.pieces))
        return _framed(Response(content, content_type=_HTML), REPORT)
    is_scripted = _PAGES[which] in _SCRIPTED
    head = f"<!doctype html><script>{own_file('storage.js').decode()}</script>" * is_scripted
    response = Response(chain([head.encode()], fetched.pieces), content_type=_HTML)
    response.call_on_close(fetched.pieces.close)
    return _framed(response, _PAGES[which])


def _without_links(content: bytes) -> bytes:
    """A page of ours: the guard would refuse a link that a page in the sandbox follows."""
    return content.replace(b' href="../', b' data-file="../')


def _framed(response: Response, key: str) -> Response:
    sandbox = "sandbox allow-scripts" if key in _SCRIPTED else "sandbox"
    policy = RESULT_PAGES[key][1]
    response.headers["Content-Security-Policy"] = f"{sandbox}; {policy}; frame-ancestors 'self'"
    return response


def _uri(ui: Ui, run_id: str, which: str) -> str:
    ending = f"/{_PAGES[which]}"
    outputs = ui.links.outputs(run_id).values()
    return next(
        (each["s3Uri"] for each in outputs if each["link"] and each["s3Uri"].endswith(ending)), ""
    )


def _when(which: str, *, has_ended: bool) -> str:
    if which == "multiqc":
        return "The step aggregateQc, the last one, writes it."
    if has_ended:
        return "It is written a minute or more after the run's end, once its cost is known."
    return "It is written after the run's end."
