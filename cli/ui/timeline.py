"""The steps of a run on one scale of time: waiting for a host, and running."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from cli.screen.text import duration_text, moment
from cli.shapes.runs import Job, RunDetail, Step
from seqstack.report.html import element

_ROOM = 1.02  # of the scale, so that a bar that grows does not touch the end


@dataclass(frozen=True, slots=True)
class Scale:
    """The time from the run's start to its end, or to now."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, run: RunDetail, now: datetime) -> "Scale":
        """The scale of a run."""
        start = moment(run["startedAt"])
        end = moment(run["endedAt"]) if run["endedAt"] else now
        stops = [moment(job["stoppedAt"]) for _, job in _jobs(run) if job["stoppedAt"]]
        return cls(start, max(start, end, *stops))

    @property
    def seconds(self) -> float:
        """Its length, more than zero."""
        return max(0.001, (self.end - self.start).total_seconds()) * _ROOM

    def place(self, at: datetime) -> float:
        """A time as a share of the scale, between 0 and 1."""
        return min(1.0, max(0.0, (at - self.start).total_seconds() / self.seconds))


def track(step: Step, scale: Scale, now: datetime) -> Element | None:
    """A step's jobs as bars; None before the first."""
    bars = [bar for job in step["jobs"] for bar in _bars(job, scale, now)]
    if not bars:
        return None
    return element(
        "svg", *bars, class_="timeline", role="img", aria_label="; ".join(_said(step, now))
    )


def axis(scale: Scale) -> Element:
    """The ends of the scale in words, and what the bars mean."""
    return element(
        "div",
        element("span", element("i", class_="queue"), " waiting for a host"),
        element("span", element("i", class_="run"), " running"),
        element("span", element("i", class_="bad"), " failed"),
        element("span", f"the bars span {duration_text(scale.seconds / _ROOM)}"),
        class_="legend",
    )


def _jobs(run: RunDetail) -> Iterator[tuple[Step, Job]]:
    return ((step, job) for step in run["steps"] for job in step["jobs"])


def _bars(job: Job, scale: Scale, now: datetime) -> Iterator[Element]:
    queued, started, stopped = (
        _moment(job[key]) for key in ("createdAt", "startedAt", "stoppedAt")
    )
    if queued is None:
        return
    end = stopped or now
    kind = "bad" if job["state"] == "FAILED" else "run"
    yield _rect("queue", scale.place(queued), scale.place(started or end))
    if started is not None:
        yield _rect(kind, scale.place(started), scale.place(end))


def _rect(kind: str, left: float, right: float) -> Element:
    width = max(0.004, right - left)
    return element("rect", class_=kind, x=f"{left:.2%}", width=f"{width:.2%}", height="100%")


def _said(step: Step, now: datetime) -> Iterator[str]:
    for job in step["jobs"]:
        queued, started = _moment(job["createdAt"]), _moment(job["startedAt"])
        end = _moment(job["stoppedAt"]) or now
        if queued is None:
            continue
        waited = duration_text(max(0.0, ((started or end) - queued).total_seconds()))
        ran = duration_text(max(0.0, (end - started).total_seconds())) if started else "not"
        yield f"attempt {job['attempt']}: waited {waited}, ran {ran}, {job['state'].lower()}"


def _moment(iso: str | None) -> datetime | None:
    return moment(iso) if iso else None
