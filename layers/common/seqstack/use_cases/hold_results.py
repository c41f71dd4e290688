"""Claims of results folders, and waiting for their holders."""

from datetime import datetime

from seqstack.domain.claims import Claim, Taking, Waiting
from seqstack.domain.duration import LONGEST_RUN
from seqstack.domain.errors import (
    HolderChangedError,
    ResultsInUseError,
    TransientServiceError,
    UnknownRunError,
)
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import JobState, StepName, StepState
from seqstack.use_cases.close_run import close_if_gone
from seqstack.use_cases.ports import ExecutionEnds, Ledger, Remember, TokenAnswers


def enter_results(
    run: RunRow, now: datetime, ledger: Ledger, executions: ExecutionEnds
) -> Taking | None:
    """Decide whether a run may use its results folder: return the claim to take, or None to wait
    for the holder.

    If the holder does the same work, the run may start, and then waits for the holder's steps.

    Raises:
        ResultsInUseError: a running run does other work there.
    """
    if not run.results_folder:
        return None
    seen = ledger.claim(run.results_folder)
    holder = _holder(seen, run, ledger)
    if holder is None or close_if_gone(holder, utc_text(now), ledger, executions):
        return Taking.by(run, seen)
    _require_same_work(run, holder)
    return None


def reopen_run(
    run_id: str, redrive: int, now: datetime, ledger: Ledger, executions: ExecutionEnds
) -> None:
    """Reopen an ended run after a redrive, once, if it may write to its results folder again.

    Raises:
        ResultsInUseError: a running run does other work there.
    """
    if not redrive:
        return
    run = ledger.run(run_id)
    if run.redrive < redrive:
        ledger.reopen_run(run_id, redrive, enter_results(run, now, ledger, executions))


def wait_for_holder(
    key: JobKey, token: str, now: datetime, ledger: Ledger
) -> tuple[RunRow, Waiting] | None:
    """The other run that holds the results folder, after registering the wait; None to continue.

    `wake_waiting` answers the token when the holder has done the step or has ended. The claim of an
    ended holder is taken over.

    Raises:
        ResultsInUseError: a running run does other work there.
        TransientServiceError: the claim was taken just now; try again.
    """
    run = ledger.run(key.run_id)
    if _holder_now(run, ledger) is None:
        return None
    waiting = Waiting(run.results_folder, run.run_id, key.step, token)
    ledger.keep_waiting(waiting, int((now + LONGEST_RUN).timestamp()))
    holder = _holder_now(run, ledger)  # it may have ended before the wait was registered
    if holder is None:
        ledger.stop_waiting(waiting)
        return None
    return holder, waiting


def catch_up_holder(holder: RunRow, step: StepName, ledger: Ledger, remember: Remember) -> bool:
    """Cache the outputs of the holder's step, if it has succeeded; True if it has."""
    history = ledger.history(holder.run_id)
    row = history.step(step)
    jobs = [one for one in history.jobs if one.key.step == step]
    done = [job for job in jobs if job.state is JobState.SUCCEEDED]
    if row is None or row.state is not StepState.SUCCEEDED or not done:
        return False
    remember(done[-1], history)
    return True


def wake_waiting(
    run_id: str, ledger: Ledger, tokens: TokenAnswers, step: StepName | None = None
) -> None:
    """Wake the steps that wait for a step of the run, or for its end.

    A step that can't be woken continues when its wait times out.
    """
    run = ledger.run(run_id)
    if not run.results_folder:
        return
    for waiting in ledger.waiting(run.results_folder):
        is_meant = waiting.run_id != run_id and step in {None, waiting.step}
        if is_meant and ledger.stop_waiting(waiting):
            tokens.fail(waiting.token, _HOLDER_CHANGED)


def _holder_now(run: RunRow, ledger: Ledger) -> RunRow | None:
    """The other run that holds the folder; if there is none, this run takes the claim."""
    if not run.results_folder or run.state.is_terminal:
        return None
    seen = ledger.claim(run.results_folder)
    if seen and seen.run_id == run.run_id:
        return None
    holder = _holder(seen, run, ledger)
    if holder is None:
        if not ledger.take_claim(Taking.by(run, seen)):
            raise TransientServiceError(f"another run is taking the results folder of {run.run_id}")
        return None
    _require_same_work(run, holder)
    return holder


def _holder(seen: Claim | None, run: RunRow, ledger: Ledger) -> RunRow | None:
    """The other run that holds a claim, if it is running."""
    if seen is None or seen.run_id == run.run_id:
        return None
    try:
        holder = ledger.run(seen.run_id)
    except UnknownRunError:  # its rows have expired
        return None
    return None if holder.state.is_terminal else holder


def _require_same_work(run: RunRow, holder: RunRow) -> None:
    if not run.work_key or run.work_key != holder.work_key:
        raise ResultsInUseError(run.results_folder, holder.run_id)


_HOLDER_CHANGED = Failure(
    HolderChangedError.__name__, "the run that this step waits for has progressed"
)
