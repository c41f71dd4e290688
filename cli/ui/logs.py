"""The log of a step's job, which follows the job until it ends."""

import json
import re
from http import HTTPStatus
from xml.etree.ElementTree import Element

from werkzeug.wrappers import Request, Response

from cli.client import LogQuery
from cli.errors import CliError, ExitCode, usage
from cli.log_lines import ENDED
from cli.shapes.runs import LogLine, LogPage, RunDetail, Step
from cli.ui.frame import Ui, error_text, whole
from cli.ui.marks import address, badge, empty
from cli.ui.run_page import tabbed
from seqstack.domain.numbers import whole_number
from seqstack.domain.plain_text import one_line
from seqstack.report.html import Content, element

_LINES = 1000
_SECONDS = 5
# from containers/jobkit/job.py
_TIME = re.compile(r"^[0-9-]+T[0-9:.]+Z ")


def logs(ui: Ui, request: Request, run_id: str) -> Response:
    """The last lines of a step's log; the script adds those that follow."""
    run = ui.session.api.get_run(run_id)
    steps = [step for step in run["steps"] if step["jobs"]]
    wanted = request.args.get("step", "")
    step = next((each for each in steps if each["step"] == wanted), None) or _newest(steps)
    if step is None:
        nothing = empty("No job has started yet.", "Its log appears here as it is written.")
        return whole(ui, tabbed(run, "logs", [nothing], refresh_seconds=_SECONDS))
    attempt = _attempt(request, step)
    content: list[Content] = [_choice(run, steps, step, attempt)]
    try:
        page = ui.session.api.get_log(run_id, LogQuery(step["step"], attempt, _LINES))
    except CliError as error:
        if error.exit_code is not ExitCode.NOT_FOUND:
            raise
        content.append(element("section", *error_text(error), class_="panel", role="alert"))
        return whole(ui, tabbed(run, "logs", content), HTTPStatus.NOT_FOUND)
    content.append(_log(run, page))
    seconds = 0 if page["jobState"] in ENDED else _SECONDS
    return whole(ui, tabbed(run, "logs", content, refresh_seconds=seconds))


def log_lines(ui: Ui, request: Request, run_id: str) -> Response:
    """The lines after a token, as JSON for the script."""
    try:
        attempt = whole_number(request.args.get("attempt", "0"))
    except ValueError as error:
        raise usage(f"attempt: {error}") from error
    query = LogQuery(
        request.args.get("step", ""),
        attempt,
        _LINES,
        next_token=request.args.get("nextToken", ""),
    )
    page = ui.session.api.get_log(run_id, query)
    token = page["nextToken"] or query.next_token
    is_last = page["nextToken"] in {None, query.next_token}
    return Response(
        json.dumps(
            {
                "lines": [[_clock(line), _text(line)] for line in page["lines"]],
                "nextToken": token,
                "more": not is_last,
                "ended": is_last and page["jobState"] in ENDED,
            }
        ),
        mimetype="application/json",
    )


def _newest(steps: list[Step]) -> Step | None:
    """The step that failed, or the one that started last."""
    failed = [step for step in steps if step["state"] == "FAILED"]
    return max(failed or steps, key=lambda step: step["startedAt"] or "", default=None)


def _attempt(request: Request, step: Step) -> int:
    asked = request.args.get("attempt", "")
    known = [job["attempt"] for job in step["jobs"]]
    return int(asked) if asked in map(str, known) else known[-1]


def _choice(run: RunDetail, steps: list[Step], chosen: Step, attempt: int) -> Element:
    """Links to the logs of all steps, and of the chosen step's attempts."""
    links = []
    for step in steps:
        current = {"aria_current": "true"} if step is chosen else {}
        href = address("runs", run["runId"], "logs", step=step["step"])
        links.append(element("a", step["step"], href=href, **current))
    tries: list[Content] = []
    for job in chosen["jobs"] if len(chosen["jobs"]) > 1 else ():
        current = {"aria_current": "true"} if job["attempt"] == attempt else {}
        query = {"step": chosen["step"], "attempt": str(job["attempt"])}
        href = address("runs", run["runId"], "logs", **query)
        tries.append(element("a", f"attempt {job['attempt']}", href=href, **current))
    return element(
        "div",
        element("nav", *links, class_="chips", aria_label="Steps"),
        element("nav", *tries, class_="chips", aria_label="Attempts") if tries else None,
    )


def _log(run: RunDetail, page: LogPage) -> Element:
    has_ended = page["jobState"] in ENDED
    query = {"step": page["step"], "attempt": str(page["attempt"])}
    live = (
        {}
        if has_ended
        else {
            "data_log": address("runs", run["runId"], "log-lines", **query),
            "data_token": page["nextToken"] or "",
        }
    )
    nothing = "The job has written nothing." if has_ended else "Nothing is written yet."
    return element(
        "section",
        element(
            "p",
            badge(page["jobState"]),
            f" {len(page['lines'])} lines" if len(page["lines"]) < _LINES else " the last lines",
            element(
                "label",
                element("input", type="checkbox", id="follow", checked=""),
                " follow",
                class_="follow",
            )
            if live
            else None,
            class_="log-head",
        ),
        element(
            "div",
            *map(_line, page["lines"]),
            id="log",
            class_="log",
            role="log",
            tabindex="0",
            aria_label=f"Log of {page['step']}",
            **live,
        ),
        element("p", nothing, id="log-empty", class_="note") if not page["lines"] else None,
    )


def _line(line: LogLine) -> Element:
    return element("p", element("time", _clock(line), datetime=line["at"]), " ", _text(line))


def _clock(line: LogLine) -> str:
    """The time of the day, in UTC, as in the log itself."""
    return line["at"][11:19]


def _text(line: LogLine) -> str:
    """The line without the time that our containers write, too."""
    return one_line(_TIME.sub("", line["message"]))
