"""The files that a run has written, and their content, by way of this server."""

from xml.etree.ElementTree import Element

from werkzeug.wrappers import Request, Response

from cli.shapes.outputs import Output, common_folder
from cli.ui.frame import Ui, whole
from cli.ui.marks import empty, link
from cli.ui.run_page import tabbed
from seqstack.report.html import Content, element, table

_STATES = {
    "current": "",
    "replaced": "replaced since; this is the run's version",
    "gone": "deleted",
    "unknown": "may be another run's",
}


def files(ui: Ui, _request: Request, run_id: str) -> Response:
    """The files of a run by folder."""
    run = ui.session.api.get_run(run_id)
    outputs = list(ui.links.outputs(run_id).values())
    if not outputs:
        text = "They appear when the first step is done."
        nothing = empty("The run has written no files.", text if not run["endedAt"] else None)
        return whole(ui, tabbed(run, "files", [nothing]))
    root = common_folder(each["s3Uri"] for each in outputs)
    return whole(
        ui,
        tabbed(
            run,
            "files",
            [
                element("p", f"{len(outputs)} files in ", element("code", root)),
                _table(run_id, root, sorted(outputs, key=lambda each: each["s3Uri"])),
                element(
                    "p",
                    "All of them, with checksums compared: ",
                    element("code", ui.session.options.command("download", run_id, "FOLDER")),
                    class_="note",
                ),
            ],
        ),
    )


def content(ui: Ui, request: Request, run_id: str) -> Response:
    """A file, or a range of it. It is untrusted: no browser shows it, and no script is run."""
    uri = request.args.get("object", "")
    fetched = ui.links.fetch(run_id, uri, request.headers.get("Range", ""))
    response = Response(fetched.pieces, fetched.status, mimetype="application/octet-stream")
    response.headers.update(fetched.headers)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    name = uri.rpartition("/")[2]
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _table(run_id: str, root: str, outputs: list[Output]) -> Element:
    """A row for each file; states are told only if one is not current."""
    with_states = any(each["state"] != "current" for each in outputs)
    rows: list[list[Content]] = []
    for each in outputs:
        state = _STATES.get(each["state"], each["state"])
        rows.append([_name(run_id, root, each), each["step"], *([state] if with_states else [])])
    made = table("Files", ["file", "step", *(["state"] if with_states else [])], rows)
    made.set("class", "scroll files")
    return made


def _name(run_id: str, root: str, output: Output) -> Content:
    folder, slash, name = output["s3Uri"].removeprefix(root).rpartition("/")
    made: Content = name
    if output["link"] is not None:
        made = link(name, "runs", run_id, "content", object=output["s3Uri"])
        made.set("download", "")
    return element("span", element("span", folder + slash, class_="folder"), made)
