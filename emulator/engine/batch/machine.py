"""The machine that jobs run on: who holds how much of it, and who may start next."""

from collections.abc import Callable, Iterable

from emulator.engine.batch import scheduler
from emulator.engine.batch.attempts import LiveAttempt
from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.job import Job
from emulator.engine.batch.runner import Outcome

TIMED_OUT = "Job attempt duration exceeded timeout"


class Machine:
    """A machine of a given capacity."""

    def __init__(self, capacity: Capacity) -> None:
        self.live: dict[str, LiveAttempt] = {}
        """The attempts that hold a part of the machine, by job id."""
        self._capacity = capacity

    def admit(self, waiting: Iterable[Job]) -> list[LiveAttempt]:
        """Give places to those RUNNABLE jobs whose turn it is and that fit."""
        jobs = {job.job_id: job for job in waiting}
        held = [live.share for live in self.live.values()]
        grants = scheduler.admit(self._capacity, held, map(_waiting, jobs.values()))
        admitted = [LiveAttempt(jobs[grant.job_id], grant.share) for grant in grants]
        self.live |= {live.job.job_id: live for live in admitted}
        return admitted

    def release(self, job_id: str) -> LiveAttempt:
        """Take an attempt's place back."""
        return self.live.pop(job_id)

    def impose(self, job_id: str, outcome: Callable[[Job], Outcome]) -> bool:
        """End a job's attempt from outside, at once; False if it has no place."""
        live = self.live.get(job_id)
        if live is not None:
            live.impose(outcome(live.job))
        return live is not None

    def stop_overdue(self, now: float, grace_seconds: float) -> list[float | None]:
        """Stop what has run for too long, kill what did not stop; when each is to be looked at."""
        for live in self.live.values():
            if live.timed_out(now):
                live.stop(TIMED_OUT, now + grace_seconds)
            live.kill_if_due(now)
        return [live.next_deadline() for live in self.live.values()]


def _waiting(job: Job) -> scheduler.Waiting:
    submission = job.submission
    return scheduler.Waiting(
        job.job_id,
        submission.queue.priority,
        job.arrival,
        job.request,
        submission.share,
        submission.scheduling_priority or 0,
    )
