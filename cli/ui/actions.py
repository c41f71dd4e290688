"""Stop and resume a run, each after a question."""

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from cli.client import new_key
from cli.ui.frame import Page, Ui, whole
from cli.ui.marks import address, badge, facts, hidden, link, when
from seqstack.report.html import element

_SEE_OTHER = 303


def stop(ui: Ui, request: Request, run_id: str) -> Response:
    """Ask whether to stop a run, or stop it."""
    if request.method == "POST":
        stopped = ui.session.api.stop_run(run_id)
        return redirect(ui.guard.base + address("runs", stopped["runId"]), _SEE_OTHER)
    return _question(
        ui,
        run_id,
        "Stop",
        "Its running jobs are ended within seconds. Its finished steps stay, and a later run "
        "reuses them.",
        "Stop the run",
        class_="danger",
    )


def resume(ui: Ui, request: Request, run_id: str) -> Response:
    """Ask whether to resume a run, or resume it; a form that is sent twice resumes it once."""
    if request.method == "POST":
        key = request.form.get("key", "") or new_key()
        resumed = ui.session.api.resume_run(run_id, key)
        return redirect(ui.guard.base + address("runs", resumed["runId"]), _SEE_OTHER)
    return _question(
        ui,
        run_id,
        "Resume",
        "The run itself continues if AWS allows it. Otherwise a new run is started with the same "
        "input, which reuses every finished step.",
        "Resume the run",
    )


def _question(ui: Ui, run_id: str, verb: str, what: str, button: str, class_: str = "") -> Response:
    run = ui.session.api.get_run(run_id)
    name = run["sampleId"] or run["subject"] or run["runId"]
    form = ui.form(
        address("runs", run["runId"], verb.lower()),
        hidden("key", new_key()),
        element("button", button, type="submit", class_=class_),
        " ",
        link("Cancel", "runs", run["runId"]),
        class_="actions",
    )
    page = Page(
        f"{verb} {name}",
        [
            element("h1", f"{verb} {name}?"),
            element("p", what, class_="lead"),
            facts(
                ("run", element("code", run["runId"])),
                ("state", badge(run["state"])),
                ("started", when(run["startedAt"])),
            ),
            form,
        ],
        here="runs",
        crumbs=[("Runs", "runs"), (name, address("runs", run["runId"]))],
    )
    return whole(ui, page)
