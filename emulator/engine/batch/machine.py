"""The machine that jobs run on: which jobs use how much of it, and which may start next."""

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
        """The attempts that use the machine, by job id."""
        self._capacity = capacity

    def admit(self, waiting: Iterable[Job]) -> list[LiveAttempt]:
        """Admit the RUNNABLE jobs that are next and fit."""
        jobs = {job.job_id: job for job in waiting}
        held = [live.share for live in self.live.values()]
        grants = scheduler.admit(self._capacity, held, map(_waiting, jobs.values()))
        admitted = [LiveAttempt(jobs[grant.job_id], grant.share) for grant in grants]
        self.live |= {live.job.job_id: live for live in admitted}
        return admitted

    def release(self, job_id: str) -> LiveAttempt:
        """Free an attempt's share of the machine."""
        return self.live.pop(job_id)

    def impose(self, job_id: str, outcome: Callable[[Job], Outcome]) -> bool:
        """End a job's attempt at once; False if it is not running."""
        live = self.live.get(job_id)
        if live is not None:
            live.impose(outcome(live.job))
        return live is not None

    def stop_overdue(self, now: float, grace_seconds: float) -> list[float | None]:
        """Stop overdue attempts, kill those that did not stop; return when to check each again."""
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
