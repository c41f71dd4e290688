"""The time of each attempt: waiting for a host, and running."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from seqstack.domain.cost.account import AttemptAccount
from seqstack.domain.cost.hosts import PurchaseOption
from seqstack.domain.quantities import cost_text, duration_text
from seqstack.domain.records import JobRow, RunHistory
from seqstack.domain.words import JobState
from seqstack.report.html import Content, element, table

_BOUGHT = {PurchaseOption.SPOT: "Spot", PurchaseOption.ON_DEMAND: "on demand"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt on the page's scale; times are milliseconds since the epoch.

    `started` is None for an attempt whose container never ran.
    """

    step: str
    attempt: str
    queued: int
    started: int | None
    stopped: int
    failed: bool
    account: AttemptAccount | None = None


def bars(history: RunHistory) -> list[Bar]:
    """Every attempt, in the order of steps: Batch's own where they are known, else the job's."""
    return [bar for job in history.jobs for bar in _bars_of(job)]


def timeline(history: RunHistory) -> Element | None:
    """The table of attempts, or None for a run without any."""
    drawn = bars(history)
    if not drawn:
        return None
    start = min(bar.queued for bar in drawn)
    width = max(1, max(bar.stopped for bar in drawn) - start)
    rows = [_row(bar, start, width) for bar in drawn]
    head = ["step", "attempt", "host", "waited", "ran", "cost", "when"]
    return element("div", table("Every attempt of every step", head, rows), _key())


def attempt_text(job: JobRow, one: AttemptAccount) -> str:
    """The number of a job among its step's, with that of Batch's attempt if it made several."""
    several = job.account is not None and len(job.account.attempts) > 1
    return f"{job.key.attempt}.{one.attempt.number}" if several else str(job.key.attempt)


def _bars_of(job: JobRow) -> Iterable[Bar]:
    accounts = job.account.attempts if job.account else ()
    ended_well = job.state is JobState.SUCCEEDED
    for number, one in enumerate(accounts, start=1):
        is_last = number == len(accounts)
        attempt = one.attempt
        name = attempt_text(job, one)
        failed = not (ended_well and is_last)
        yield Bar(
            job.key.step, name, attempt.queued_at, attempt.started_at, attempt.stopped_at,
            failed, one,
        )  # fmt: skip
    if not accounts and job.created_at is not None:
        stopped = max(filter(None, (job.created_at, job.started_at, job.stopped_at)))
        yield Bar(
            job.key.step, str(job.key.attempt), job.created_at, job.started_at, stopped,
            not ended_well,
        )  # fmt: skip


def _row(bar: Bar, start: int, width: int) -> list[Content]:
    begun = bar.stopped if bar.started is None else bar.started
    waited, ran = (begun - bar.queued) / 1000, (bar.stopped - begun) / 1000
    cost = bar.account.cost_usd if bar.account else None
    outcome = " (failed)" if bar.failed else ""
    return [
        bar.step,
        f"{bar.attempt}{outcome}",
        _host(bar.account),
        duration_text(max(0.0, waited)),
        duration_text(max(0.0, ran)) if bar.started is not None else "did not start",
        cost_text(None if cost is None else float(cost)),
        _track(bar, start, width, begun),
    ]


def _host(account: AttemptAccount | None) -> str:
    if account is None or not account.host.is_known:
        return "unknown"
    bought = account.host.purchase_option
    return f"{account.host.instance_type}, {_BOUGHT[bought] if bought else ''}"


def _track(bar: Bar, start: int, width: int, begun: int) -> Element:
    parts = [("queue", bar.queued, begun)]
    if bar.started is not None:
        parts.append(("bad" if bar.failed else "run", begun, bar.stopped))
    label = f"from {_clock(bar.queued)} to {_clock(bar.stopped)} UTC"
    marks = (
        element("i", class_=kind, style=_place(since - start, until - since, width))
        for kind, since, until in parts
        if until > since
    )
    return element("div", *marks, class_="track", role="img", aria_label=label, title=label)


def _place(offset: int, length: int, width: int) -> str:
    return f"left:{offset / width:.2%};width:{length / width:.2%}"


def _clock(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%H:%M:%S}"


def _key() -> Element:
    return element(
        "p",
        element("span", element("i", class_="queue"), " waiting for a host ", class_="track key"),
        element("span", element("i", class_="run"), " running ", class_="track key"),
        element("span", element("i", class_="bad"), " running, failed", class_="track key"),
        class_="keys",
    )
