"""The sections of a run's report: failure, warnings, resources, cost, files, how it was made."""

from collections.abc import Iterator
from decimal import Decimal
from xml.etree.ElementTree import Element

from seqstack.domain.cost.table import packaged_table
from seqstack.domain.manifest import StoredObject
from seqstack.domain.quantities import cost_text, duration_text, size_text
from seqstack.domain.reads.parts import is_of_part
from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
from seqstack.domain.results import ACCURACY, VARIANTS
from seqstack.domain.s3uri import S3Uri
from seqstack.report.advice import advice
from seqstack.report.html import Content, element, table
from seqstack.report.timeline import attempt_text

_MIB = 1024 * 1024


def failure(run: RunRow) -> Element | None:
    """What failed, what to do, and the end of the tool's log."""
    if run.failure is None:
        return None
    return element(
        "section",
        element("h2", run.failure.error),
        element("p", element("strong", "What to do: "), advice(run.failure, run.state)),
        element("pre", run.failure.cause) if run.failure.cause else None,
        class_="panel failure",
    )


def warnings(run: RunRow) -> Element | None:
    """Suspicious results that do not fail the run."""
    found = [
        element("li", f"{origin}: {each.message} ({each.code})")
        for origin, listed in run.warnings.items()
        for each in listed
    ]
    if not found:
        return None
    title = element("h2", "Suspicious")
    return element("section", title, element("ul", *found), class_="panel warning")


def resources(history: RunHistory) -> Element | None:
    """What each attempt asked for, and what it used of that."""
    rows = [row for job in history.jobs for row in _resources_of(job)]
    if not rows:
        return None
    head = ["step", "attempt", "vCPUs", "busy", "memory", "peak memory"]
    return table("Resources asked for, and used", head, rows)


def _resources_of(job: JobRow) -> Iterator[list[Content]]:
    for one in job.account.attempts if job.account else ():
        ran, usage = one.attempt.run_seconds, one.usage
        asked = float(one.asked.vcpus) * ran
        busy = f"{usage.cpu_seconds / asked:.0%}" if usage and asked else "unknown"
        peak = "unknown"
        if usage:
            share = usage.peak_memory_bytes / (one.asked.memory_mib * _MIB)
            peak = f"{size_text(usage.peak_memory_bytes)} ({share:.0%})"
        yield [
            job.key.step,
            attempt_text(job, one),
            f"{one.asked.vcpus}",
            busy,
            size_text(one.asked.memory_mib * _MIB),
            peak,
        ]


def costs(history: RunHistory) -> Element | None:
    """US dollars by step, and in all."""
    run = history.run
    if run.cost is None:
        return None
    parts: list[tuple[str, Decimal]] = [
        (row.step, run.cost_by_step.get(row.step, Decimal(0))) for row in history.steps
    ]
    if run.orchestration:
        parts.append(("orchestration", run.orchestration.usd(packaged_table().services)))
    total = run.cost.usd or Decimal(1)
    rows: list[list[Content]] = [
        [name, cost_text(float(usd)), _share(usd / total)] for name, usd in parts
    ]
    unpriced = run.cost.unpriced_attempts
    note = f", without {unpriced} attempts whose host is unknown" if unpriced else ""
    rows.append([element("strong", "in all"), f"{cost_text(float(run.cost.usd))}{note}", ""])
    return table("US dollars by step, failed attempts included", ["part", "cost", "share"], rows)


def _share(share: Decimal) -> Element:
    mark = element("i", class_="run", style=f"left:0;width:{share:.2%}")
    bar = element("div", mark, class_="track", aria_hidden="true")
    return element("div", f"{share:.0%}", bar, class_="share")


def files(history: RunHistory) -> Element | None:
    """What each finished step has written, with checksums; links work beside the files.

    Results of parts are left out: they expire, and are not among the files that are fetched.
    """
    rows = [
        [_link(stored.uri, history.run), row.step, size_text(stored.size), _checksum(stored)]
        for row in history.steps
        for stored in row.written
        if not is_of_part(row.step, stored.uri)
    ]
    if not rows:
        return None
    folder = history.run.results_folder
    place = f"s3://{folder}" if folder else "Amazon S3"
    caption = f"In {place}; the links work where this page lies beside the files"
    return table(caption, ["file", "step", "size", "checksum"], rows)


def accuracy(history: RunHistory) -> Element | None:
    """Where the page of the calls' accuracy is, if anybody has measured it: after this report."""
    written = (item.uri.key for row in history.steps for item in row.written)
    if not history.run.metrics or not any(key.endswith(f"/{VARIANTS}") for key in written):
        return None
    return element(
        "p",
        "Accuracy against a truth: ",
        element("a", ACCURACY, href=f"../{ACCURACY}"),
        ", once seqstack validate has written it beside these files.",
    )


def _link(uri: S3Uri, run: RunRow) -> Content:
    path = f"{uri.bucket}/{uri.key}".removeprefix(run.results_folder)
    if not run.results_folder or path == f"{uri.bucket}/{uri.key}":
        return str(uri)
    return element("a", path, href=f"../{path}")


def _checksum(stored: StoredObject) -> Element:
    known = f"SHA-256 {stored.sha256}" if stored.sha256 else f"ETag {stored.etag}"
    return element("code", known)


def steps(history: RunHistory) -> list[Element]:
    """Command, versions, image and inputs of each step."""
    return [_step(row, history.run) for row in history.steps]


def _step(row: StepRow, run: RunRow) -> Element:
    plan = row.plan
    versions = run.tool_versions.get(row.step, {})
    facts: list[tuple[str, Content]] = [
        ("tool", plan.tool),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("image", element("code", f"{plan.image} {plan.image_digest}".strip())),
        ("reused from", row.reused_from),
        ("inputs", element("code", "\n".join(map(str, plan.inputs)), style="white-space:pre-line")),
        ("arguments", element("code", " ".join(plan.command))),
    ]
    return element(
        "details", element("summary", f"{row.step}: {row.state.lower()}"), definitions(facts)
    )


def definitions(facts: list[tuple[str, Content]]) -> Element:
    """A list of names and values; those without a value are left out."""
    parts = [
        each
        for name, value in facts
        if value is not None and value != ""
        for each in (element("dt", name), element("dd", value))
    ]
    return element("dl", *parts)


def took(seconds: float | None) -> str:
    """A run's duration as the end of a sentence."""
    return f" in {duration_text(seconds)}" if seconds is not None else ""
