"""A run as it is shown to people, from the API or from the ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cli.costs import known_usd
from cli.screen.text import moment
from cli.shapes.runs import JobProgress, RunDetail
from cli.shapes.runs import Step as StepShape
from seqstack.domain.failures import why_and_log
from seqstack.domain.progress import Counted, Phase, Progress, Unit
from seqstack.domain.qc.headline import headline

_TERMINAL_RUN = frozenset({"SUCCEEDED", "FAILED", "QC_FAILED", "ABORTED", "TIMED_OUT"})
_TERMINAL_STEP = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})
_WAITING = {
    "SUBMITTING": "submitting",
    "SUBMITTED": "in the queue",
    "PENDING": "in the queue",
    "RUNNABLE": "waiting for a host",
    "STARTING": "starting",
}


@dataclass(frozen=True, slots=True)
class StepView:
    """One step.

    It runs from its first job's start to `ended_at`; `doing` says what its job waits for;
    `reused_from` is the run whose outputs are reused; `progress` is what its job has told lately.
    """

    step: str
    tool: str
    state: str
    attempts: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    doing: str = ""
    reused_from: str = ""
    cost_usd: float | None = None
    progress: Progress | None = None

    @property
    def has_ended(self) -> bool:
        """True once the step can no longer change."""
        return self.state in _TERMINAL_STEP

    def seconds(self, now: datetime) -> float | None:
        """Its duration so far, or in total; None before its first job has started."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())

    @classmethod
    def of(cls, step: StepShape) -> Self:
        """A step of the API."""
        job_state = step["jobs"][-1]["state"] if step["jobs"] else ""
        return cls(
            step["step"],
            step["tool"],
            step["state"],
            step["attempts"],
            moment(step["startedAt"]) if step["startedAt"] else None,
            moment(step["endedAt"]) if step["endedAt"] else None,
            _WAITING.get(job_state, "") if step["state"] == "RUNNING" else "",
            step["reusedFrom"] or "",
            known_usd(step),
            _progress(step["jobs"][-1].get("progress")) if step["jobs"] else None,
        )


def _progress(told: JobProgress | None) -> Progress | None:
    """Progress of the API; None from an older one, or if a newer one counts something else."""
    if told is None or told["unit"] is None or told["done"] is None:
        return None
    try:
        phase, unit = Phase(told["phase"]), Unit(told["unit"])
    except ValueError:
        return None
    counted = Counted(unit, told["done"], told["total"], told["isEstimate"])
    return Progress(phase, counted, told["perSecond"], told["secondsLeft"])


@dataclass(frozen=True, slots=True)
class RunView:
    """A run at one moment.

    `warnings` are one sentence each; `subject` names the subject of a run without a sample;
    `reference` is the prepared reference that it reads. `quality` is its metrics in one line.
    """

    run_id: str
    sample_id: str
    state: str
    steps: tuple[StepView, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str = ""
    cause: str = ""
    warnings: tuple[str, ...] = ()
    cost_usd: float | None = None
    cost_is_complete: bool = False
    subject: str = ""
    reference: str = ""
    quality: str = ""

    @property
    def has_ended(self) -> bool:
        """True once the run can no longer change."""
        return self.state in _TERMINAL_RUN

    @property
    def succeeded(self) -> bool:
        """True if every step succeeded, and every gate was met."""
        return self.state == "SUCCEEDED"

    @property
    def is_complete(self) -> bool:
        """True if every step succeeded."""
        return self.state in {"SUCCEEDED", "QC_FAILED"}

    def seconds(self, now: datetime) -> float | None:
        """Its duration so far, or in total."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())

    def why(self) -> tuple[list[str], list[str]]:
        """Lines of the cause: why and what to do, and the failed job with the end of its log."""
        return why_and_log(self.cause)

    @classmethod
    def of(cls, run: RunDetail) -> Self:
        """A run of the API."""
        failure = run["failure"]
        return cls(
            run["runId"],
            run["sampleId"] or "",
            run["state"],
            tuple(StepView.of(step) for step in run["steps"]),
            moment(run["startedAt"]),
            moment(run["endedAt"]) if run["endedAt"] else None,
            failure["error"] if failure else "",
            failure["cause"] if failure else "",
            tuple(
                f"{each['step'] or 'input'}: {each['code']}: {each['message']}"
                for each in run.get("warnings", [])  # an older API returns none
            ),
            known_usd(run),
            run["costIsComplete"],
            "" if run["sampleId"] else f"{run['workflow']} {run['subject'] or ''}".strip(),
            run.get("reference") or "",  # an older API tells none
            headline(run.get("metrics", {})),
        )
