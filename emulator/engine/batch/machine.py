"""The machine that jobs run on: who holds how much of it, and who may start next."""

from collections.abc import Iterable

from emulator.engine.batch import scheduler
from emulator.engine.batch.attempts import LiveAttempt
from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.fair_share import Uses
from emulator.engine.batch.job import Job


class Machine:
    """A machine of a given capacity. `now` is always of the monotonic clock, in seconds."""

    def __init__(self, capacity: Capacity) -> None:
        self.live: dict[str, LiveAttempt] = {}
        """The attempts that hold a part of the machine, by job id."""
        self._capacity = capacity
        self._uses = Uses()

    def admit(self, waiting: Iterable[Job], now: float) -> list[LiveAttempt]:
        """Give places to those RUNNABLE jobs whose turn it is and that fit."""
        jobs = {job.job_id: job for job in waiting}
        held = [live.share for live in self.live.values()]
        grants = scheduler.admit(
            self._capacity, held, map(_waiting, jobs.values()), self._uses.loads(now)
        )
        admitted = [LiveAttempt(jobs[grant.job_id], grant.share) for grant in grants]
        for live in admitted:
            self.live[live.job.job_id] = live
            self._note(live, live.share.vcpus, now)
        return admitted

    def release(self, job_id: str, now: float) -> LiveAttempt:
        """Take an attempt's place back."""
        live = self.live.pop(job_id)
        self._note(live, -live.share.vcpus, now)
        return live

    def _note(self, live: LiveAttempt, vcpus: float, now: float) -> None:
        submission = live.job.submission
        policy, share = submission.queue.policy, submission.share
        if policy is not None and share is not None:
            self._uses.change(share, policy.window_seconds, vcpus, now)


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
