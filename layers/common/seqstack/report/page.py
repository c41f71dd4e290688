"""A run's report: one HTML file without scripts, readable by people and by screen readers."""

from datetime import datetime
from xml.etree.ElementTree import Element

from seqstack.domain.qc.headline import headline
from seqstack.domain.quantities import cost_text
from seqstack.domain.records import RunHistory, RunRow
from seqstack.domain.words import RunState, StepState
from seqstack.report import sections
from seqstack.report.html import Content, element, page
from seqstack.report.plots import plots
from seqstack.report.quality import quality_table
from seqstack.report.timeline import timeline

# https://www.w3.org/TR/CSP3/
_NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_ENDS = {
    RunState.RUNNING: "is running",
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.QC_FAILED: "missed a quality gate",
    RunState.ABORTED: "was stopped",
    RunState.TIMED_OUT: "took too long",
}


def report_page(history: RunHistory, made_at: str, drawn: bytes | str | None = None) -> str:
    """The report as the ledger has the run at `made_at` (ISO 8601, UTC).

    `drawn` is `qc/plots.json`, or why there is none; it is None if the run makes no plots.
    """
    run = history.run
    title = f"{_subject(run)} {_ENDS[run.state]}"
    kind = "succeeded" if run.state is RunState.SUCCEEDED else "failed"
    main = element(
        "main",
        element("h1", f"{_subject(run)} ", element("span", _ENDS[run.state], class_=kind)),
        element("p", _sentence(history), class_="lead"),
        sections.failure(run),
        sections.warnings(run),
        sections.definitions(_facts(run)),
        *_titled(
            "Quality",
            quality_table(run),
            None if drawn is None else plots(drawn),
            sections.accuracy(history),
        ),
        *_titled("Timeline", timeline(history)),
        *_titled("Resources", sections.resources(history)),
        *_titled("Cost", sections.costs(history)),
        *_titled("Files", sections.files(history)),
        *_titled("How it was made", *sections.steps(history)),
    )
    footer = element(
        "footer", f"Made by SeqStack from the run's ledger at {_moment(made_at)}. Times are UTC."
    )
    return page(title, main, footer, _NOTHING_RUNS)


def _titled(title: str, *content: Element | None) -> list[Element]:
    """A section with its heading, or nothing without content."""
    known = [each for each in content if each is not None]
    return [element("section", element("h2", title), *known)] if known else []


def _subject(run: RunRow) -> str:
    return run.sample_id or run.subject or run.run_id


def _sentence(history: RunHistory) -> str:
    """What came out, in a sentence."""
    run = history.run
    took = sections.took(_seconds(run))
    cost = f" for {cost_text(float(run.cost.usd))}" if run.cost and run.cost.usd else ""
    reused = sum(bool(row.reused_from) for row in history.steps)
    again = f", {reused} of them reused from an earlier run" if reused else ""
    done = [row for row in history.steps if row.written]
    if run.state in {RunState.SUCCEEDED, RunState.QC_FAILED}:
        quality = f" {headline(run.metrics)}." if run.metrics else ""
        return f"All {len(history.steps)} steps succeeded{took}{cost}{again}.{quality}"
    failed = ", ".join(row.step for row in history.steps if row.state is StepState.FAILED)
    what = f"{failed} failed; " if failed else ""
    return f"{what}{len(done)} of {len(history.steps)} steps succeeded{took}{cost}{again}."


def _facts(run: RunRow) -> list[tuple[str, Content]]:
    tags = ", ".join(f"{name}={value}" for name, value in run.tags.items())
    return [
        ("run", element("code", run.run_id)),
        ("workflow", run.workflow),
        ("tools", ", ".join(f"{step}: {tool}" for step, tool in run.tools.items())),
        ("reference", run.reference),
        ("started", _moment(run.started_at)),
        ("ended", _moment(run.ended_at)),
        ("cohort", run.cohort_id),
        ("project", run.project),
        ("submitter", run.submitter),
        ("tags", tags),
        ("workflow version", run.state_machine_version),
    ]


def _moment(iso: str) -> str:
    return iso[:19].replace("T", " ")


def _seconds(run: RunRow) -> float | None:
    if not run.started_at or not run.ended_at:
        return None
    begun, ended = map(datetime.fromisoformat, (run.started_at, run.ended_at))
    return (ended - begun).total_seconds()
