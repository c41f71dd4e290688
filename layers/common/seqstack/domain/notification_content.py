"""The content of a notification: a subject and text for people, JSON for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from seqstack.domain.cohorts import EndedCohort
from seqstack.domain.console import execution_url, folder_url
from seqstack.domain.cost.totals import Cost
from seqstack.domain.failures import Failure
from seqstack.domain.notifications import NotificationId, NotificationKind
from seqstack.domain.plain_text import harmless
from seqstack.domain.qc.headline import headline
from seqstack.domain.records import RunRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import CohortState, RunState
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: ASCII, no line breaks, less than 100
_SUBJECT_CHARACTERS = 99
_CAUSE_CHARACTERS = 4_000  # the ledger has the rest
_SAMPLES_LISTED = 50
_WORDS = {
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.QC_FAILED: "missed a gate",
    RunState.ABORTED: "was aborted",
    RunState.TIMED_OUT: "timed out",
}

type Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class Notification:
    """The notification of one run or cohort that has ended.

    `subject` and `text` are for people, `facts` (JSON, camelCase) for programs; `labels` are
    attributes for subscribers' filters.
    """

    id: NotificationId
    subject: str
    text: str
    facts: Mapping[str, object]
    labels: Mapping[str, str]


def run_notification_id(run: RunRow) -> NotificationId:
    """The id of the notification of a run's end."""
    return NotificationId(NotificationKind.RUN, run.run_id, run.redrive)


def run_notification(run: RunRow, environment: str) -> Notification:
    """The notification of a run's end, with its cost so far."""
    key, of = run_notification_id(run), _of(run)
    results = _results(run)
    warnings = [
        {"step": origin, **each.as_document()}
        for origin, found in run.warnings.items()
        for each in found
    ]
    facts: Facts = {
        "endId": str(key),
        "kind": key.kind,
        "environment": environment,
        "runId": run.run_id,
        "workflow": run.workflow,
        "subject": run.subject,
        "sampleId": run.sample_id,
        "cohortId": run.cohort_id,
        "project": run.project,
        "state": run.state,
        "redrive": run.redrive,
        "startedAt": run.started_at,
        "endedAt": run.ended_at,
        **(_failure(run.failure) if run.failure else {}),
        **({"warnings": warnings} if warnings else {}),
        **({"metrics": dict(run.metrics)} if run.metrics else {}),
        **_cost_facts(run.cost),
        "resultsS3Path": str(results) if results else "",
        "executionArn": run.execution_arn,
        "executionUrl": execution_url(run.execution_arn),
    }
    why = f": {run.failure.error}" if run.failure else ""
    lines = [
        f"{of} {_WORDS[run.state]}{why}.",
        *(["", _short(run.failure.cause)] if run.failure else []),
        *(["", "Suspicious:"] if warnings else []),
        *(f"{each['step']}: {each['code']}: {each['message']}" for each in warnings),
        "",
        f"run        {run.run_id}",
        *([f"cohort     {run.cohort_id}"] if run.cohort_id else []),
        *_times(run.started_at, run.ended_at),
        *_cost(run.cost),
        *([f"quality    {headline(run.metrics)}"] if run.metrics else []),
        *([f"results    {results}"] if results else []),
        *([f"           {folder_url(results, run.execution_arn)}"] if results else []),
        f"execution  {execution_url(run.execution_arn)}",
    ]
    suffix = f", {len(warnings)} warning{'s' if len(warnings) > 1 else ''}" if warnings else ""
    subject = f"SeqStack {environment}: {run.sample_id or of} {_WORDS[run.state]}{suffix}{why}"
    names = {"sampleId": run.sample_id, "cohortId": run.cohort_id, "workflow": run.workflow}
    labels = _labels(key.kind, run.state, **names)
    text = harmless("\n".join(lines))
    return Notification(key, _subject(subject), text, _known(facts), labels)


def cohort_notification(cohort: EndedCohort, environment: str) -> Notification:
    """The notification of a cohort's end; its state is SUCCEEDED if every sample's is."""
    key = NotificationId(NotificationKind.COHORT, cohort.cohort_id, cohort.number)
    state = cohort.state
    suspicious = [run.run_id for run in cohort.runs if run.warnings]
    facts: Facts = {
        "endId": str(key),
        "kind": key.kind,
        "environment": environment,
        "cohortId": cohort.cohort_id,
        "cohortSize": cohort.size,
        "state": state,
        "samples": {str(each): number for each, number in cohort.states.items()},
        **({"notStarted": cohort.not_started} if cohort.not_started else {}),
        **({"budgetUsd": str(cohort.budget_usd)} if cohort.budget_usd is not None else {}),
        "failedRuns": [run.run_id for run in cohort.failed[:_SAMPLES_LISTED]],
        **({"runsWithWarnings": suspicious[:_SAMPLES_LISTED]} if suspicious else {}),
        "startedAt": cohort.started_at,
        "endedAt": cohort.ended_at,
        **_cost_facts(cohort.cost),
    }
    counted = ", ".join(
        f"{cohort.states[each]} {_WORDS[each]}" for each in _WORDS if cohort.states[each]
    )
    met = "budget met: " if cohort.budget_usd is not None else ""
    if cohort.not_started:
        counted = ", ".join(filter(None, [counted, f"{met}{cohort.not_started} not started"]))
    lines = [
        f"Cohort {cohort.cohort_id} has ended: of {cohort.size} samples {counted}.",
        "",
        *_times(cohort.started_at, cohort.ended_at),
        *_cost(cohort.cost),
        *([f"budget     {cohort.budget_usd:f} USD"] if cohort.budget_usd is not None else []),
        *([f"warnings   in {len(suspicious)} runs"] if suspicious else []),
        *_list_of_failed(cohort.failed),
    ]
    subject = f"SeqStack {environment}: cohort {cohort.cohort_id} ended, {counted}"
    labels = _labels(key.kind, state, cohortId=cohort.cohort_id)
    text = harmless("\n".join(lines))
    return Notification(key, _subject(subject), text, _known(facts), labels)


def _list_of_failed(failed: tuple[RunRow, ...]) -> Iterable[str]:
    if not failed:
        return
    yield ""
    for run in failed[:_SAMPLES_LISTED]:
        error = run.failure.error if run.failure else "no cause is known"
        yield f"{run.sample_id or run.run_id}: {_WORDS[run.state]}, {error}"
        yield f"  {execution_url(run.execution_arn)}"
    if len(failed) > _SAMPLES_LISTED:
        yield f"and {len(failed) - _SAMPLES_LISTED} more"


def _of(run: RunRow) -> str:
    """The run's subject, for people."""
    if run.sample_id or run.workflow == SECONDARY_ANALYSIS_NAME:
        return f"Sample {run.sample_id}" if run.sample_id else "unknown sample"
    return f"{run.workflow} of {run.subject}" if run.subject else run.workflow


def _results(run: RunRow) -> S3Uri | None:
    """The folder of the run's results, if it is known."""
    if not run.results:
        return None
    results = S3Uri.parse(run.results)
    return ResultLayout(results, run.sample_id).root if run.sample_id else results


def _failure(failure: Failure) -> Facts:
    return {"error": failure.error, "cause": _short(failure.cause)}


def _short(cause: str) -> str:
    if len(cause) <= _CAUSE_CHARACTERS:
        return cause
    half = _CAUSE_CHARACTERS // 2
    return f"{cause[:half]}\n[…]\n{cause[-half:]}"


def _times(started_at: str, ended_at: str) -> list[str]:
    lines = [f"started    {started_at}", f"ended      {ended_at}"]
    if started_at and ended_at:
        took = datetime.fromisoformat(ended_at) - datetime.fromisoformat(started_at)
        lines.append(f"took       {timedelta(seconds=round(took.total_seconds()))}")
    return lines


def _cost(cost: Cost | None) -> list[str]:
    """The jobs' cost so far; that of the last one is known only minutes later."""
    if cost is None:
        return []
    unpriced = f", {cost.unpriced_attempts} attempts not priced" if cost.unpriced_attempts else ""
    return [f"cost       {cost.usd:.2f} USD so far{unpriced}"]


def _cost_facts(cost: Cost | None) -> Facts:
    if cost is None:
        return {}
    return {"costUsd": str(cost.usd), "unpricedAttempts": cost.unpriced_attempts}


def _subject(text: str) -> str:
    plain = "".join(char if " " <= char <= "~" else "?" for char in text)
    return plain[:_SUBJECT_CHARACTERS]


def _labels(kind: NotificationKind, state: RunState | CohortState, **names: str) -> dict[str, str]:
    return {"kind": kind, "state": state, **{key: name for key, name in names.items() if name}}


def _known(facts: Facts) -> Facts:
    return {key: value for key, value in facts.items() if value != ""}
