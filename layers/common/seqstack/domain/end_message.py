"""What people and programs are told of an end: one message, in a form for each reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from seqstack.domain.console import execution_url, folder_url
from seqstack.domain.cost.totals import Cost
from seqstack.domain.ends import CohortEnd, end_of
from seqstack.domain.failures import Failure
from seqstack.domain.notices import EndId, EndKind
from seqstack.domain.plain_text import harmless
from seqstack.domain.records import RunRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: ASCII, no line breaks, less than 100
_SUBJECT_CHARACTERS = 99
_CAUSE_CHARACTERS = 4_000  # the ledger has the rest
_SAMPLES_LISTED = 50
_WORDS = {
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.ABORTED: "was aborted",
    RunState.TIMED_OUT: "timed out",
}

type Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class EndMessage:
    """The message of one end.

    `subject` and `text` are for people, `facts` (JSON, camelCase) for programs; `labels` are what
    subscribers can choose messages by.
    """

    end: EndId
    subject: str
    text: str
    facts: Mapping[str, object]
    labels: Mapping[str, str]


def run_message(run: RunRow, environment: str) -> EndMessage:
    """Tell of a run's end, with what is known of its cost by now."""
    end, of = end_of(run), _of(run)
    results = _results(run)
    facts: Facts = {
        "endId": str(end),
        "kind": end.kind,
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
        **_cost_facts(run.cost),
        "resultsS3Path": str(results) if results else "",
        "executionArn": run.execution_arn,
        "executionUrl": execution_url(run.execution_arn),
    }
    why = f": {run.failure.error}" if run.failure else ""
    lines = [
        f"{of} {_WORDS[run.state]}{why}.",
        *(["", _short(run.failure.cause)] if run.failure else []),
        "",
        f"run        {run.run_id}",
        *([f"cohort     {run.cohort_id}"] if run.cohort_id else []),
        *_times(run.started_at, run.ended_at),
        *_cost(run.cost),
        *([f"results    {results}"] if results else []),
        *([f"           {folder_url(results, run.execution_arn)}"] if results else []),
        f"execution  {execution_url(run.execution_arn)}",
    ]
    subject = f"SeqStack {environment}: {run.sample_id or of} {_WORDS[run.state]}{why}"
    names = {"sampleId": run.sample_id, "cohortId": run.cohort_id, "workflow": run.workflow}
    labels = _labels(end.kind, run.state, **names)
    text = harmless("\n".join(lines))
    return EndMessage(end, _subject(subject), text, _known(facts), labels)


def cohort_message(cohort: CohortEnd, environment: str) -> EndMessage:
    """Tell of a cohort's end; its state is SUCCEEDED if every sample's is."""
    end = EndId(EndKind.COHORT, cohort.cohort_id)
    state = RunState.FAILED if cohort.failed else RunState.SUCCEEDED
    facts: Facts = {
        "endId": str(end),
        "kind": end.kind,
        "environment": environment,
        "cohortId": cohort.cohort_id,
        "cohortSize": cohort.size,
        "state": state,
        "samples": {str(each): number for each, number in cohort.states.items()},
        "failedRuns": [run.run_id for run in cohort.failed[:_SAMPLES_LISTED]],
        "startedAt": cohort.started_at,
        "endedAt": cohort.ended_at,
        **_cost_facts(cohort.cost),
    }
    counted = ", ".join(
        f"{cohort.states[each]} {_WORDS[each]}" for each in _WORDS if cohort.states[each]
    )
    lines = [
        f"Cohort {cohort.cohort_id} has ended: of {len(cohort.runs)} samples {counted}.",
        "",
        *_times(cohort.started_at, cohort.ended_at),
        *_cost(cohort.cost),
        *_list_of_failed(cohort.failed),
    ]
    subject = f"SeqStack {environment}: cohort {cohort.cohort_id} ended, {counted}"
    labels = _labels(end.kind, state, cohortId=cohort.cohort_id)
    text = harmless("\n".join(lines))
    return EndMessage(end, _subject(subject), text, _known(facts), labels)


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
    """What the run is of, for people."""
    if run.sample_id or run.workflow == SECONDARY_ANALYSIS_NAME:
        return f"Sample {run.sample_id}" if run.sample_id else "unknown sample"
    return f"{run.workflow} of {run.subject}" if run.subject else run.workflow


def _results(run: RunRow) -> S3Uri | None:
    """The folder of the run's results, if the run has come so far as to know it."""
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
    """What the jobs have cost by now; the account of the last is a few minutes behind."""
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


def _labels(kind: EndKind, state: RunState, **names: str) -> dict[str, str]:
    return {"kind": kind, "state": state, **{key: name for key, name in names.items() if name}}


def _known(facts: Facts) -> Facts:
    return {key: value for key, value in facts.items() if value != ""}
