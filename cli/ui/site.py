"""The pages as a WSGI application (PEP 3333): the guard, the routes, and errors as pages."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from importlib.resources import files as package_files
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from cli.aws import translated_errors
from cli.errors import CliError, not_found, usage
from cli.session import Session
from cli.ui import (
    actions,
    alignment,
    cohort_list,
    cohorts,
    costs,
    files,
    logs,
    reports,
    run_cost,
    run_list,
    run_page,
    start,
)
from cli.ui.frame import Ui, error_page, error_text, html, own_file, part
from cli.ui.guard import Guard, refused, with_headers
from cli.ui.links import ResultLinks
from cli.ui.references import KnownReferences
from seqstack.report.html import element

_MOST_BYTES = 1 << 20  # of a form
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_READ, _CHANGE = ("GET",), ("GET", "POST")
_KEPT = "private, max-age=3600"  # files below a folder that each start renames


class _Request(Request):
    max_content_length = _MOST_BYTES
    max_form_memory_size = _MOST_BYTES


type Handler = Callable[..., Response]


def _enter(ui: Ui, _request: Request) -> Response:
    """Exchange the link's secret for the cookie.

    The page goes on by itself, because a browser that was sent here by a page elsewhere would not
    send the new cookie with a redirect (SameSite=Strict).
    """
    start = f"{ui.guard.base}runs"
    response = html(
        element(
            "html",
            element(
                "head",
                element("meta", charset="utf-8"),
                element("meta", http_equiv="refresh", content=f"0; url={start}"),
                element("link", rel="icon", href="data:,"),
                element("title", "SeqStack"),
            ),
            element("body", element("p", element("a", "Go on to the runs", href=start))),
            lang="en",
        )
    )
    ui.guard.admit(response)
    return response


def _to_runs(ui: Ui, _request: Request) -> Response:
    return redirect(f"{ui.guard.base}runs")


def _static(_ui: Ui, _request: Request, name: str) -> Response:
    """A file of ours: names are those of `_STATIC`, never a path."""
    content = _STATIC.get(name)
    if content is None:
        raise not_found(f"there is no file {name}")
    response = Response(content(), mimetype=_TYPES[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = _KEPT
    return response


_STATIC: dict[str, Callable[[], bytes]] = {
    "ui.css": lambda: (
        package_files("seqstack.report").joinpath("style.css").read_bytes() + own_file("ui.css")
    ),
    **{
        name: partial(own_file, name)
        for name in ("ui.js", "alignment.js", "igv.min.js", "icon.svg")
    },
}
_ROUTES: tuple[tuple[str, tuple[str, ...], Handler], ...] = (
    ("/", _READ, _to_runs),
    ("/enter", _READ, _enter),
    ("/static/<name>", _READ, _static),
    ("/cohorts", _READ, cohort_list.cohort_list),
    ("/cohorts/<cohort_id>", _READ, cohorts.cohort_page),
    ("/cohorts/<cohort_id>/stop", _CHANGE, cohorts.stop),
    ("/cohorts/<cohort_id>/resume", _CHANGE, cohorts.resume),
    ("/costs", _READ, costs.costs),
    ("/start", _CHANGE, start.start),
    ("/start/check", ("POST",), start.check),
    ("/runs", _READ, run_list.run_list),
    ("/runs/<run_id>", _READ, run_page.run_page),
    ("/runs/<run_id>/logs", _READ, logs.logs),
    ("/runs/<run_id>/log-lines", _READ, logs.log_lines),
    ("/runs/<run_id>/files", _READ, files.files),
    ("/runs/<run_id>/content", _READ, files.content),
    ("/runs/<run_id>/<any(report, multiqc, accuracy):which>", _READ, reports.report),
    ("/runs/<run_id>/frame/<any(report, multiqc, accuracy):which>", _READ, reports.frame),
    ("/runs/<run_id>/alignment", _READ, alignment.alignment),
    ("/runs/<run_id>/reference/<any(fasta, index):part>", _READ, alignment.reference),
    ("/runs/<run_id>/cost", _READ, run_cost.run_cost),
    ("/runs/<run_id>/stop", _CHANGE, actions.stop),
    ("/runs/<run_id>/resume", _CHANGE, actions.resume),
)


class Site:
    """The WSGI application of one server."""

    def __init__(self, session: Session, guard: Guard) -> None:
        self._ui = Ui(session, guard, ResultLinks(session), KnownReferences(session))
        self._map = Map(
            [Rule(path, methods=methods, endpoint=handler) for path, methods, handler in _ROUTES]
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        return with_headers(self._answer(environ))(environ, start_response)

    def _answer(self, environ: dict[str, Any]) -> Response:
        base = self._ui.guard.base
        path = environ.get("PATH_INFO", "")
        if not path.startswith(base):
            return Response("Not found\n", HTTPStatus.NOT_FOUND)
        environ = {**environ, "SCRIPT_NAME": base[:-1], "PATH_INFO": path[len(base) - 1 :]}
        request = _Request(environ)
        reason = self._ui.guard.refusal(request)
        if reason:
            return refused(reason)
        ui = replace(self._ui, here=request.full_path.removeprefix("/").rstrip("?"))
        try:
            handler, values = self._map.bind_to_environ(environ).match()
            with translated_errors():
                answer: Response = handler(ui, request, **values)
        except CliError as error:
            answer = _failed(ui, request, error)
        except MethodNotAllowed:
            answer = _failed(ui, request, usage("this page takes no form"))
        except HTTPException:
            answer = _failed(ui, request, not_found("there is no such page"))
        return answer


def _failed(ui: Ui, request: Request, error: CliError) -> Response:
    """An error as a page, or as its text for the script."""
    page = error_page(ui, error, request)
    if "part" not in request.args and not request.path.endswith(("/log-lines", "/check")):
        return page
    said = part(element("div", *error_text(error)))
    said.status_code = page.status_code
    return said
