"""Start a run by a form, which is checked as it is filled in."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from cli.client import new_key
from cli.errors import CliError, ExitCode, usage
from cli.run_input import CALLERS, local_files, require_default_caller
from cli.ui.frame import Page, Ui, error_text, whole
from cli.ui.marks import address, hidden, link, select
from cli.ui.run_form import (
    FASTQ1,
    FASTQ2,
    FIELD,
    MORE,
    READS,
    REFERENCE,
    Field,
    Problems,
    Values,
    by_field,
    choices,
    document,
    problems_of,
)
from seqstack.domain.quantities import size_text
from seqstack.report.html import Content, element
from seqstack.tools.registry import Tool

_SEE_OTHER = 303
_MOST_SENT_BYTES = 2 << 30
_CHECKS = {
    "noCache": "Run every step, even if its results could be reused",
    "failOnWarnings": "Fail at the first suspicious result",
}


def start(ui: Ui, request: Request) -> Response:
    """The form; or start the run, and go to its page. A form that is sent twice starts one."""
    if request.method == "GET":
        return _form(ui, _first(ui), {}, new_key())
    values = request.form.to_dict()
    key = values.get("key") or new_key()
    problems = problems_of(values, ui.references.names())
    if problems:
        return _form(ui, values, problems, key)
    try:
        started = ui.session.api.start_run(_sent(ui, document(values)), key)
    except CliError as error:
        if error.exit_code is not ExitCode.USAGE:
            raise
        found = by_field(error.details)
        return _form(ui, values, found if any(found) else found | {"": error.message}, key, error)
    return redirect(ui.guard.base + address("runs", started["runId"]), _SEE_OTHER)


def _first(ui: Ui) -> Values:
    """The values of a new form: a caller that is here, if the stack's default is not."""
    if ui.session.options.local:
        try:
            require_default_caller()
        except CliError:
            return {"caller": str(Tool.BCFTOOLS)}
    return {}


def check(ui: Ui, request: Request) -> Response:
    """What is wrong with the form so far, by field, for the script."""
    problems = problems_of(request.form.to_dict(), ui.references.names())
    return Response(json.dumps(problems), mimetype="application/json")


def _sent(ui: Ui, given: dict[str, Any]) -> dict[str, Any]:
    """The input, with its files of this machine sent to the stack's bucket."""
    if ui.session.options.local and not any(caller in given for caller in CALLERS):
        require_default_caller()
    files = [Path(each) for each in local_files(given)]
    if not files:
        return given
    size = sum(each.stat().st_size for each in files)
    if size > _MOST_SENT_BYTES:
        raise usage(
            f"the files of this machine have {size_text(size)}, more than a page can send",
            f"start the run by `{ui.session.options.command('run')}`, which shows how far it is",
        )
    with ui.references.sending:
        return ui.session.send_files(given, progress=_unseen)


@contextmanager
def _unseen(_file: Path, _size: int) -> Iterator[Callable[[int], None]]:
    """No progress: the browser shows that the page is on its way."""
    yield lambda _: None


def _form(
    ui: Ui, values: Values, problems: Problems, key: str, error: CliError | None = None
) -> Response:
    whole_error = problems.get("", "")
    box = None
    if problems:
        text = whole_error or "Nothing was started: correct what is marked."
        box = element(
            "section",
            element("h2", "The run can't be started like this"),
            element("p", text),
            *(error_text(error)[2:] if error and whole_error else []),
            class_="panel failure",
            role="alert",
            id="refused",
        )

    def shown(name: str) -> Element:
        return _field(FIELD[name], values.get(name, ""), problems.get(name, ""))

    form = ui.form(
        "start",
        hidden("key", key),
        _group("Sample", shown("sampleId"), shown("project")),
        _group(
            "Reads",
            shown(FASTQ1),
            shown(FASTQ2),
            shown(READS),
            note="S3 URIs, or files of this machine by their whole paths, which are then sent; a "
            "line for each lane.",
        ),
        _group(
            "Reference",
            shown(REFERENCE),
            shown("annotationS3Path"),
            shown("targetRegionsS3Path"),
            shown("sitesS3Path"),
            element(
                "datalist",
                *(element("option", value=name) for name in ui.references.names()),
                id="references",
            ),
            note="A prepared reference by its name, or a FASTA with its indexes beside it, and "
            "genes in GFF3 or GTF.",
        ),
        _group(
            "Tools",
            _choice("aligner", "Aligner", values),
            _choice("caller", "Caller", values),
            _choice("sequencing", "Sequenced", values),
        ),
        element(
            "fieldset",
            element("legend", "Options"),
            *(_box(name, text, values) for name, text in _CHECKS.items()),
            element(
                "details",
                element("summary", "More of the input, as JSON"),
                shown(MORE),
                id="more-input",
                **({"open": ""} if values.get(MORE) else {}),
            ),
            class_="options",
        ),
        element(
            "div",
            element("button", "Start the run", type="submit", class_="primary"),
            link("Cancel", "runs"),
            class_="actions",
        ),
        class_="start",
    )
    form.set("data-check", "start/check")
    form.set("novalidate", "")
    page = Page(
        "Start a run",
        [element("h1", "Start a run"), box, form],
        here="start",
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return whole(ui, page, status)


def _group(title: str, *fields: Element, note: str = "") -> Element:
    return element(
        "fieldset",
        element("legend", title),
        element("p", note, class_="note") if note else None,
        element("div", *fields, class_="fields"),
    )


def _field(described: Field, value: str, problem: str) -> Element:
    name = described.name
    attributes = {
        "id": name,
        "name": name,
        "placeholder": described.hint,
        "autocomplete": "off",
        "spellcheck": "false",
        "aria_describedby": f"{name}-problem",
        **({"aria_invalid": "true"} if problem else {}),
        **({"aria_required": "true"} if described.required else {}),
        **({"list": "references"} if name == REFERENCE else {}),
    }
    if described.rows > 1:
        field = element("textarea", value, rows=str(described.rows), **attributes)
    else:
        field = element("input", type="text", value=value, **attributes)
    label: list[Content] = [described.label]
    if described.required:
        label.append(element("span", " (needed)", class_="note"))
    return element(
        "div",
        element("label", *label, for_=name),
        field,
        element("p", problem, id=f"{name}-problem", class_="problem", aria_live="polite"),
        class_="field",
    )


def _choice(name: str, label: str, values: Values) -> Element:
    return element(
        "div",
        element("label", label, for_=name),
        select(name, choices(name), values.get(name, "")),
        class_="field",
    )


def _box(name: str, text: str, values: Values) -> Element:
    checked = {"checked": ""} if values.get(name) else {}
    return element(
        "label",
        element("input", type="checkbox", name=name, value="yes", **checked),
        f" {text}",
        class_="box",
    )
