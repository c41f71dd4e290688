"""Progress is asked of jobs that run, by their newest log."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from seqstack.domain.progress import Phase, Progress
from seqstack.domain.records import RunHistory
from seqstack.domain.words import JobState
from seqstack.use_cases.show_runs import show_progress
from tests.support.builders import ALIGN, job_row, run_row

TOLD = Progress(Phase.RUN, at=5)


def history(*states: tuple[JobState, str]) -> RunHistory:
    jobs = tuple(
        job_row(key=replace(ALIGN, attempt=number), state=state, log_stream=stream)
        for number, (state, stream) in enumerate(states, start=1)
    )
    return RunHistory(run_row(), (), jobs)


def test_progress_is_that_of_running_jobs_which_have_told_any() -> None:
    asked: list[Collection[str]] = []

    def read(streams: Collection[str]) -> Mapping[str, Progress]:
        asked.append(sorted(streams))
        return {"new": TOLD}

    told = show_progress(
        history(
            (JobState.FAILED, "old"),
            (JobState.RUNNABLE, "reclaimed"),  # the log of its attempt that has ended
            (JobState.RUNNING, ""),
            (JobState.RUNNING, "silent"),
            (JobState.RUNNING, "new"),
        ),
        read,
    )

    assert told == {replace(ALIGN, attempt=5): TOLD}
    assert asked == [["new", "silent"]]


def test_nothing_is_asked_while_no_job_runs() -> None:
    def read(_: Collection[str]) -> Mapping[str, Progress]:
        raise AssertionError

    assert show_progress(history((JobState.SUCCEEDED, "old")), read) == {}
