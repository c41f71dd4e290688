"""One run: its state and progress, its steps on a line of time, its quality and its details."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from werkzeug.wrappers import Request, Response

from cli.screen.run_table import state_text
from cli.screen.text import cost_text, duration_text, progress_text
from cli.screen.views import RunView, StepView
from cli.shapes.runs import RunDetail, Step
from cli.ui.frame import Page, Ui, part, whole
from cli.ui.marks import (
    address,
    badge,
    empty,
    facts,
    link,
    state_name,
    when,
)
from cli.ui.timeline import Scale, axis, track
from seqstack.domain.plain_text import one_line
from seqstack.domain.qc.gates import value_text
from seqstack.domain.qc.metrics import METRICS
from seqstack.report.html import Content, element, table

_SECONDS = 3
_TABS = (
    ("Overview", ""),
    ("Logs", "logs"),
    ("Files", "files"),
    ("Report", "report"),
    ("MultiQC", "multiqc"),
    ("Accuracy", "accuracy"),
    ("Variants", "alignment"),
    ("Cost", "cost"),
)


def run_page(ui: Ui, request: Request, run_id: str) -> Response:
    """A run's overview; live until it has ended."""
    run = ui.session.api.get_run(run_id)
    view = RunView.of(run)
    overview = _overview(run, view, datetime.now(UTC))
    if "part" in request.args:
        return part(overview)
    seconds = 0 if view.has_ended else _SECONDS
    return whole(ui, tabbed(run, "", [overview], refresh_seconds=seconds))


def tabbed(
    run: RunDetail,
    here: str,
    content: list[Content],
    *,
    refresh_seconds: int = 0,
    scripts: tuple[str, ...] = (),
) -> Page:
    """A page of a run, with the links to its other pages."""
    name = run["sampleId"] or run["subject"] or run["runId"]
    tabs = []
    for text, below in _TABS:
        current = {"aria_current": "page"} if below == here else {}
        names = ("runs", run["runId"], *filter(None, [below]))
        tabs.append(element("a", text, href=address(*names), **current))
    title = next(text for text, below in _TABS if below == here)
    return Page(
        f"{name}: {title.lower()}",
        [
            element(
                "div",
                element("h1", name),
                element("code", run["runId"]),
                class_="title",
            ),
            element("nav", *tabs, class_="tabs", aria_label="The run"),
            *content,
        ],
        here="runs",
        crumbs=[("Runs", "runs")],
        refresh_seconds=refresh_seconds,
        scripts=scripts,
    )


def _overview(run: RunDetail, view: RunView, now: datetime) -> Element:
    live = {}
    if not view.has_ended:
        live = {
            "data_live": address("runs", run["runId"], part="overview"),
            "data_seconds": str(_SECONDS),
        }
    return element(
        "div",
        _summary(run, view, now),
        _failure(run, view),
        _warnings(view),
        _steps(run, view, now),
        _quality(run),
        _details(run),
        id="overview",
        data_said=_said(view),
        **live,
    )


def _said(view: RunView) -> str:
    """What a screen reader tells when it changes."""
    steps = ", ".join(f"{each.step} {state_text(each)}" for each in view.steps)
    return f"Run {state_name(view.state)}. {steps}"


def _summary(run: RunDetail, view: RunView, now: datetime) -> Element:
    done = sum(step.state == "SUCCEEDED" for step in view.steps)
    cost = cost_text(view.cost_usd)
    is_whole = view.has_ended and view.cost_is_complete
    return element(
        "section",
        element(
            "div",
            badge(run["state"]),
            element("span", _doing(view), class_="doing"),
            _buttons(run, view),
            class_="state",
        ),
        element(
            "progress",
            value=str(done),
            max=str(max(1, len(view.steps))),
            aria_label=f"{done} of {len(view.steps)} steps done",
        ),
        facts(
            ("steps", f"{done} of {len(view.steps)} done" if view.steps else ""),
            ("time", duration_text(view.seconds(now))),
            ("cost", cost + ("" if is_whole or not cost else " so far")),
            ("started", when(run["startedAt"])),
            ("ended", when(run["endedAt"])),
        ),
        class_=f"summary {run['state'].lower()}",
        aria_label="State",
    )


def _doing(view: RunView) -> str:
    if view.has_ended:
        return ""
    if not view.steps:
        return "checking the input"
    running = [step.step for step in view.steps if step.state == "RUNNING"]
    return ", ".join(running) or "between two steps"


def _buttons(run: RunDetail, view: RunView) -> Element | None:
    if not view.has_ended:
        return element(
            "a", "Stop …", href=address("runs", run["runId"], "stop"), class_="button danger"
        )
    if not view.succeeded:
        return element(
            "a", "Resume …", href=address("runs", run["runId"], "resume"), class_="button"
        )
    return None


def _failure(run: RunDetail, view: RunView) -> Element | None:
    if not view.error:
        return None
    why, rest = view.why()
    failed = next((step["step"] for step in run["steps"] if step["state"] == "FAILED"), "")
    return element(
        "section",
        element("h2", view.error),
        *(
            element("p", element("strong", "What to do: "), line.removeprefix("do: "), class_="do")
            if line.startswith("do: ")
            else element("p", line)
            for line in why
        ),
        element(
            "details",
            element("summary", "The job, and the end of its log"),
            element("pre", "\n".join(rest), tabindex="0"),
            id="end-of-log",
        )
        if rest
        else None,
        element("p", link(f"The whole log of {failed}", "runs", run["runId"], "logs", step=failed))
        if failed
        else None,
        class_="panel failure",
    )


def _warnings(view: RunView) -> Element | None:
    if not view.warnings:
        return None
    return element(
        "section",
        element("h2", "Suspicious"),
        element("ul", *(element("li", one_line(warning)) for warning in view.warnings)),
        class_="panel warning",
    )


def _steps(run: RunDetail, view: RunView, now: datetime) -> Element:
    if not view.steps:
        if view.has_ended:
            return empty("The run has no steps.", "It ended before its input was accepted.")
        return empty("The input is being checked.", "The steps appear in a moment.")
    scale = Scale.of(run, now)
    rows: list[list[Content]] = [
        _row(run, step, shown, scale, now)
        for step, shown in zip(run["steps"], view.steps, strict=True)
    ]
    head = ["step", "state", "when", "tool", "attempts", "time", "cost"]
    made = table("Steps, in their order", head, rows)
    made.set("class", "scroll steps")
    return element("section", element("h2", "Steps"), made, axis(scale))


def _row(run: RunDetail, step: Step, shown: StepView, scale: Scale, now: datetime) -> list[Content]:
    name: Content = step["step"]
    if step["jobs"]:
        name = link(step["step"], "runs", run["runId"], "logs", step=step["step"])
    return [
        name,
        element("div", badge(step["state"], state_text(shown)), _progress(shown), _origin(step)),
        track(step, scale, now),
        step["tool"],
        str(step["attempts"] or ""),
        duration_text(shown.seconds(now)),
        cost_text(shown.cost_usd),
    ]


def _progress(shown: StepView) -> Element | None:
    told = progress_text(shown.progress)
    if shown.has_ended or not told or shown.progress is None:
        return None
    counted = shown.progress.counted
    bar = None
    if counted is not None and counted.total:
        bar = element(
            "progress",
            value=str(min(counted.done, counted.total)),
            max=str(counted.total),
            aria_label=f"{shown.step}: {told}",
        )
    return element("div", bar, element("span", told), class_="progress")


def _origin(step: Step) -> Element | None:
    if not step["reusedFrom"]:
        return None
    origin = step["reusedFrom"]
    return element("span", "from ", link(origin, "runs", origin), class_="note")


def _quality(run: RunDetail) -> Element | None:
    metrics = run.get("metrics", {})
    if not metrics:
        return None
    known = {name: value for name, value in metrics.items() if name in METRICS}
    rows: list[list[Content]] = [
        [METRICS[name].meaning, value_text(METRICS[name], value), element("code", name)]
        for name, value in known.items()
    ]
    return element(
        "section",
        element("h2", "Quality"),
        element("p", RunView.of(run).quality, class_="lead"),
        element(
            "details",
            element("summary", f"All {len(rows)} metrics"),
            table("Metrics of the sample", ["what", "value", "name"], rows),
            id="metrics",
        ),
    )


def _details(run: RunDetail) -> Element:
    return element(
        "section",
        element("h2", "Details"),
        facts(
            ("workflow", run["workflow"]),
            ("reference", run.get("reference")),
            (
                "project",
                link(run["project"], "runs", project=run["project"]) if run["project"] else None,
            ),
            (
                "cohort",
                link(run["cohortId"], "cohorts", run["cohortId"]) if run["cohortId"] else None,
            ),
            ("results", element("code", run["resultsS3Path"]) if run["resultsS3Path"] else None),
            ("execution", element("code", run["executionArn"])),
        ),
    )
