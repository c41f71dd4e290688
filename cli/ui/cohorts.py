"""A cohort, with its plan, its samples and its runs."""

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from cli.client import RunQuery, new_key
from cli.screen.text import cost_text, count_text, size_text
from cli.shapes.cohorts import CohortDetail, JointCall
from cli.shapes.runs import RunSummary
from cli.ui.frame import Page, Ui, part, whole
from cli.ui.marks import address, badge, empty, facts, hidden, link, state_name, when
from cli.ui.run_list import run_table
from seqstack.domain.words import RunState
from seqstack.report.html import Content, element

_SEE_OTHER = 303
_SHOWN = 50
_SECONDS = 5
_ORDER = (
    *(RunState.SUCCEEDED, RunState.RUNNING, RunState.QC_FAILED, RunState.FAILED),
    *(RunState.TIMED_OUT, RunState.ABORTED),
)
_WAITING = "waiting"


def cohort_page(ui: Ui, request: Request, cohort_id: str) -> Response:
    """A cohort; live until it has ended."""
    cohort = ui.session.api.get_cohort(cohort_id)
    runs = ui.session.api.list_runs(RunQuery(cohort=cohort_id), _SHOWN)
    shown = _cohort(cohort, runs["runs"], has_more=bool(runs["nextToken"]))
    if "part" in request.args:
        return part(shown)
    page = Page(
        f"Cohort {cohort_id}",
        [
            element("div", element("h1", cohort_id), element("code", cohort["execution"]),
                    class_="title"),
            shown,
        ],
        here="cohorts",
        crumbs=[("Cohorts", "cohorts")],
        refresh_seconds=_SECONDS if cohort["state"] == RunState.RUNNING else 0,
    )  # fmt: skip
    return whole(ui, page)


def stop(ui: Ui, request: Request, cohort_id: str) -> Response:
    """Ask whether to stop a cohort with its runs, or stop it."""
    if request.method == "POST":
        ui.session.api.stop_cohort(cohort_id)
        return redirect(ui.guard.base + address("cohorts", cohort_id), _SEE_OTHER)
    what = "No other sample is started, and its running runs are stopped."
    return _question(ui, cohort_id, "Stop", what, "danger")


def resume(ui: Ui, request: Request, cohort_id: str) -> Response:
    """Ask whether to resume a cohort, or resume it; a form that is sent twice resumes it once."""
    if request.method == "POST":
        ui.session.api.resume_cohort(cohort_id, request.form.get("key", "") or new_key())
        return redirect(ui.guard.base + address("cohorts", cohort_id), _SEE_OTHER)
    what = "The samples of its sheet that failed, or are new, are run. Finished steps are reused."
    return _question(ui, cohort_id, "Resume", what)


def _cohort(cohort: CohortDetail, runs: list[RunSummary], *, has_more: bool) -> Element:
    name, plan, is_running = cohort["cohortId"], cohort["plan"], cohort["state"] == "RUNNING"
    counts = Counter(cohort["samples"])
    total = max(plan["samples"] if plan else 0, sum(counts.values()))
    counts[_WAITING] = total - sum(counts.values())
    verb = "Stop" if is_running else "Resume"
    live = {}
    if is_running:
        live = {
            "data_live": address("cohorts", name, part="cohort"),
            "data_seconds": str(_SECONDS),
        }
    return element(
        "div",
        element(
            "section",
            element(
                "div",
                badge(cohort["state"]),
                element("span", _doing(cohort), class_="doing"),
                element(
                    "a",
                    f"{verb} …",
                    href=address("cohorts", name, verb.lower()),
                    class_="button danger" if is_running else "button",
                ),
                class_="state",
            ),
            _bar(counts, total),
            facts(
                ("samples", f"{total:,}" if total else ""),
                *((state_name(state), str(counts[state] or "")) for state in (*_ORDER, _WAITING)),
                ("cost so far", cost_text(cohort["costUsd"])),
                *_money(cohort),
                ("started", when(cohort["startedAt"])),
                ("ended", when(cohort["endedAt"])),
            ),
            class_=f"summary {cohort['state'].lower()}",
            aria_label="State",
        ),
        _failure(cohort),
        element("section", element("h2", "Runs"), *_runs(name, runs, has_more=has_more)),
        element("section", element("h2", "Details"), facts(*_details(cohort))),
        id="cohort",
        data_said=f"Cohort {state_name(cohort['state'])}. {_told(counts)}",
        **live,
    )


def _doing(cohort: CohortDetail) -> str:
    if cohort["isDryRun"]:
        return "a dry run: nothing is started"
    return "checking the sheet" if cohort["state"] == "RUNNING" and not cohort["plan"] else ""


def _told(counts: Counter[str]) -> str:
    states = (*_ORDER, _WAITING)
    return ", ".join(f"{counts[each]} {state_name(each)}" for each in states if counts[each])


def _bar(counts: Counter[str], total: int) -> Element:
    """The shares of the states, each as wide as its number of samples."""
    place, rects = 0.0, []
    for state in (*_ORDER, _WAITING):
        share = counts[state] / total if total else 0.0
        if share > 0:
            rects.append(
                element("rect", class_=state.lower(), x=f"{place:.2%}", width=f"{share:.2%}",
                        height="100%")
            )  # fmt: skip
        place += share
    said = _told(counts) or "no sample has started"
    return element("svg", *rects, class_="shares", role="img", aria_label=said)


def _money(cohort: CohortDetail) -> Iterator[tuple[str, Content]]:
    """The cost to come, while something is, and the budget."""
    waiting = cohort["notStarted"]
    if waiting or cohort["state"] == RunState.RUNNING:
        yield "to come, by estimate", cost_text(cohort["costToComeUsd"])
    if cohort["budgetUsd"] is not None:
        yield "budget", cost_text(cohort["budgetUsd"])
    if attempts := cohort["unpricedAttempts"]:
        yield "left out", f"{count_text(attempts, 'attempt')} with an unknown price"
    if cohort["budgetMetAt"]:
        yield "budget met", when(cohort["budgetMetAt"])


def _failure(cohort: CohortDetail) -> Element | None:
    failure = cohort["failure"]
    if failure is None:
        return None
    return element(
        "section",
        element("h2", failure["error"]),
        element("pre", failure["cause"], tabindex="0"),
        class_="panel failure",
    )


def _runs(name: str, runs: list[RunSummary], *, has_more: bool) -> Iterator[Content]:
    if not runs:
        yield empty("No run has started yet.", "Runs appear once the sheet is checked.")
        return
    yield run_table([{**run, "cohortId": None} for run in runs], f"Runs of {name}")
    yield element(
        "p",
        link("All its runs", "runs", cohort=name) if has_more else None,
        " " if has_more else None,
        link("Those that failed", "runs", cohort=name, state=RunState.FAILED),
        class_="note",
    )


def _details(cohort: CohortDetail) -> Iterator[tuple[str, Content]]:
    yield "project", cohort["project"]
    yield "sheet", element("code", cohort["sheetS3Path"])
    plan = cohort["plan"]
    if plan is None:
        return
    yield "reads", size_text(plan["inputBytes"])
    yield "at once", f"at most {plan['maxConcurrency']}"
    yield "plan", element("code", plan["folder"])
    if joint := plan.get("joint"):
        yield from _joint(joint)
    if plan["warnings"]:
        yield "warnings", count_text(plan["warnings"], "warning")
    estimate = plan["estimate"]
    if estimate:
        yield (
            "estimate of what was left",
            f"{cost_text(estimate['usd'])}, {estimate['hours']:g} hours of runs",
        )


def _joint(joint: JointCall) -> Iterator[tuple[str, Content]]:
    run = joint["runId"]
    if not run:
        yield "joint VCF", joint["message"]
        return
    yield "joint VCF", link(count_text(joint["samples"], "sample"), "runs", run)
    if joint.get("report"):
        yield "MultiQC of all samples", link("report", "runs", run, "multiqc")
    else:
        yield "MultiQC of all samples", joint.get("reportMessage")


def _question(ui: Ui, cohort_id: str, verb: str, what: str, class_: str = "") -> Response:
    cohort = ui.session.api.get_cohort(cohort_id)
    page = Page(
        f"{verb} cohort {cohort_id}",
        [
            element("h1", f"{verb} cohort {cohort_id}?"),
            element("p", what, class_="lead"),
            facts(("state", badge(cohort["state"])), ("started", when(cohort["startedAt"]))),
            ui.form(
                address("cohorts", cohort_id, verb.lower()),
                hidden("key", new_key()),
                element("button", f"{verb} the cohort", type="submit", class_=class_),
                link("Cancel", "cohorts", cohort_id),
                class_="actions",
            ),
        ],
        here="cohorts",
        crumbs=[("Cohorts", "cohorts"), (cohort_id, address("cohorts", cohort_id))],
    )
    return whole(ui, page)
