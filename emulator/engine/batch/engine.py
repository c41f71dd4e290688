"""The engine: runs jobs from SUBMITTED to SUCCEEDED or FAILED, as AWS Batch does.

One thread decides (dependencies, capacity, timeouts); each attempt has a thread that waits for its
end; one thread publishes. All changes of jobs happen under one lock, so that events are sent in the
order of the changes.
"""

import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from emulator.engine.batch.attempts import attempt_of, has_long_overrides, place_task, pull_image
from emulator.engine.batch.blocking import BlockedQueues, BlockReason
from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.description import detail, queue_blocked, state_change
from emulator.engine.batch.hosts import Hosts
from emulator.engine.batch.job import Job, JobStatus
from emulator.engine.batch.logs import LogSink
from emulator.engine.batch.machine import Machine
from emulator.engine.batch.publisher import Event, Publisher
from emulator.engine.batch.runner import CannotStartError, JobRunner, Outcome
from emulator.engine.batch.submission import Submission
from emulator.engine.clock import REAL_CLOCK, Clock, epoch_ms

DEPENDENCY_FAILED = "Dependent Job failed"
_CANCELLABLE = {JobStatus.SUBMITTED, JobStatus.PENDING, JobStatus.RUNNABLE}


class EngineClosedError(Exception):
    """A job was submitted to an engine that has been closed."""


class BatchEngine:
    """All jobs of all queues, on one machine of a given capacity.

    `grace_seconds` is the time between SIGTERM and SIGKILL when a job is stopped; AWS Batch waits
    30. `missing_images` are those (patterns as in a shell) that no host can pull. `seconds_scale`
    is how long a second of Batch's own limits lasts, for attempts that start, and queues that are
    blocked, after it was set.
    """

    def __init__(
        self,
        publish: Callable[[Event], None],
        runner: JobRunner,
        capacity: Capacity,
        log_sink: LogSink,
        *,
        hosts: Hosts,
        grace_seconds: float = 30.0,
        on_closed: Callable[[], None] = lambda: None,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self._runner = runner
        self._machine = Machine(capacity)
        self._log_sink = log_sink
        self._hosts = hosts
        self._grace_seconds = grace_seconds
        self._on_closed = on_closed
        self._clock = clock
        self._publisher = Publisher(publish, clock)
        self._changed = threading.Condition()
        self._touched = clock.event()
        self._jobs: dict[str, Job] = {}
        self._unfinished: dict[str, Job] = {}
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._blocked = BlockedQueues()
        self.seconds_scale = 1.0
        self.missing_images: set[str] = set()
        self._thread = clock.thread(target=self._decide, name="batch-engine", daemon=True)
        self._thread.start()

    def submit(self, submission: Submission) -> Job:
        """Take a job.

        Raises ValueError for a request that Batch refuses, and EngineClosedError.
        """
        with self._changed:
            if self._closing:
                raise EngineClosedError("The Batch engine has been closed")
            unknown = {need["jobId"] for need in submission.depends_on} - set(self._jobs)
            if unknown:
                raise ValueError(f"dependsOn names unknown jobs: {', '.join(sorted(unknown))}")
            job = Job.submitted(
                submission, str(uuid.uuid4()), len(self._jobs), epoch_ms(self._clock)
            )
            self._jobs[job.job_id] = self._unfinished[job.job_id] = job
            self._touch()
            return job

    def describe(self, job_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Describe the jobs of these ids or ARNs, as DescribeJobs does; leave out unknown ones."""
        with self._changed:
            known = (self._jobs.get(job_id.rpartition("/")[2]) for job_id in job_ids)
            return [detail(job) for job in known if job is not None]

    def read[T](self, read: Callable[[Iterable[Job]], T]) -> T:
        """Call `read` with all jobs, in order of arrival, while none of them changes."""
        with self._changed:
            return read(self._jobs.values())

    def jobs_running(self) -> tuple[str, ...]:
        """The ids of the jobs that use the machine now."""
        with self._changed:
            return tuple(self._machine.live)

    def cancel(self, job_id: str, reason: str) -> None:
        """Cancel a job that has not reached STARTING; ignore other and unknown jobs."""
        with self._changed:
            job = self._unfinished.get(job_id)
            if job is None or job.status not in _CANCELLABLE:
                return
            job.cancelled = True
            if not self._stop_children(job, reason, self.cancel):
                self._end(job, JobStatus.FAILED, reason)

    def terminate(self, job_id: str, reason: str) -> None:
        """Cancel a job, or stop its container and fail it; ignore finished jobs."""
        with self._changed:
            job = self._unfinished.get(job_id)
            if job is None:
                return
            job.terminated = True
            if self._stop_children(job, reason, self.terminate):
                return
            live = self._machine.live.get(job_id)
            if live is None:
                self._end(job, JobStatus.FAILED, reason)
            else:
                live.stop(reason, self._clock.monotonic() + self._grace_seconds)
                self._touch()

    def reclaim_host(self, job_id: str) -> bool:
        """Terminate a job's host, as a Spot interruption does; False if it has none."""
        with self._changed:
            return self._machine.impose(job_id, Job.lost_host)

    def exhaust_memory(self, job_id: str) -> bool:
        """Kill a job's container as one over its memory limit; False if it has none."""
        with self._changed:
            return self._machine.impose(job_id, lambda _: Outcome.out_of_memory())

    def block_queue(self, queue: str, reason: BlockReason, jobs: str = "*") -> None:
        """Block a queue (name or ARN) once a job whose name matches `jobs` is at its head.

        That job stays RUNNABLE with AWS's `statusReason`, and *Batch Job Queue Blocked* is sent;
        after the time that the queue's `jobStateTimeLimitActions` set for the reason, if any, it
        is cancelled, and the next such job blocks the queue.
        """
        with self._changed:
            self._blocked.block(queue, reason, jobs)
            self._touch()

    def unblock_queue(self, queue: str) -> None:
        """Unblock a queue."""
        with self._changed:
            head = self._blocked.unblock(queue)
            if head is not None and head.status is JobStatus.RUNNABLE:
                head.status_reason = None
            self._touch()

    def wait_idle(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until no job is unfinished and all events are published."""
        with self._changed:
            idle = self._changed.wait_for(lambda: not self._unfinished, timeout)
        return idle and self._publisher.wait_published(timeout)

    def close(self, grace_seconds: float = 2.0) -> None:
        """Fail every unfinished job, stop every container, and end all threads."""
        reason = "The emulator was stopped"
        with self._changed:
            self._closing = True
            self._grace_seconds = min(grace_seconds, self._grace_seconds)
            for job_id in list(self._unfinished):
                self.terminate(job_id, reason)
            self._touch()
        with self._clock.running():
            for thread in (self._thread, *self._threads):
                thread.join()
        self._publisher.close()
        self._on_closed()

    def _decide(self) -> None:
        while True:
            with self._changed:
                self._touched.clear()
                if self._closing and not self._unfinished:
                    return
                self._settle_waiting()
                held, expiry = self._hold_blocked_queues()
                self._start_what_fits(held)
                seconds = self._act_on_deadlines(expiry)
            self._touched.wait(seconds)

    def _touch(self) -> None:
        """Wake the deciding thread, and callers of `wait_idle`."""
        self._touched.set()
        self._changed.notify_all()

    def _settle_waiting(self) -> None:
        for job in list(self._unfinished.values()):
            if job.status not in {JobStatus.SUBMITTED, JobStatus.PENDING}:
                continue
            needs = {self._jobs[need["jobId"]].status for need in job.submission.depends_on}
            if JobStatus.FAILED in needs:
                self._end(job, JobStatus.FAILED, DEPENDENCY_FAILED)
            elif needs <= {JobStatus.SUCCEEDED}:
                self._may_run(job)
            elif job.status is JobStatus.SUBMITTED:
                job.status = JobStatus.PENDING
                self._tell(job)

    def _may_run(self, job: Job) -> None:
        """All that a job waited for has succeeded; an array spawns its children."""
        starting = [job]
        if job.is_array:
            if job.children:
                return
            job.status = JobStatus.PENDING
            self._tell(job)
            starting = job.spawn_children(len(self._jobs), epoch_ms(self._clock))
        for each in starting:
            self._jobs[each.job_id] = self._unfinished[each.job_id] = each
            each.runnable()
            self._tell(each)

    def _stop_children(self, job: Job, reason: str, stop: Callable[[str, str], None]) -> bool:
        """Stop the children of an array, which ends with the last of them; False without any."""
        job.stop_reason = reason
        for child in job.children:
            stop(child.job_id, reason)
        return bool(job.children)

    def _hold_blocked_queues(self) -> tuple[set[str], float | None]:
        """The jobs that may not start, and when the next of them expires."""
        while True:
            now = self._clock.monotonic()
            found = self._blocked.look(self._runnable(), now, self.seconds_scale)
            for job, reason in found.newly_blocked:
                job.status_reason = reason.status_reason
                self._publisher.put(queue_blocked(job))
            for job, reason in found.expired:
                job.cancelled = True
                self._end(job, JobStatus.FAILED, reason.cancellation)
            if not found.expired:
                return found.held, found.next_expiry

    def _runnable(self) -> list[Job]:
        return [job for job in self._unfinished.values() if job.status is JobStatus.RUNNABLE]

    def _start_what_fits(self, held_back: set[str]) -> None:
        waiting = [job for job in self._runnable() if job.job_id not in held_back]
        for live in self._machine.admit(waiting):
            job = live.job
            job.starting(place_task(job, self._hosts.take(job)))
            self._tell(job)
            thread = self._clock.thread(
                target=self._attempt, args=[job], name=f"batch-job-{job.job_id}", daemon=True
            )
            thread.start()
            self._threads = [*filter(threading.Thread.is_alive, self._threads), thread]

    def _act_on_deadlines(self, *others: float | None) -> float | None:
        """Stop overdue attempts; return the seconds until the next deadline, `others` included."""
        now = self._clock.monotonic()
        deadlines = [*others, *self._machine.stop_overdue(now, self._grace_seconds)]
        return min((max(0.0, at - now) for at in deadlines if at is not None), default=None)

    def _attempt(self, job: Job) -> None:
        try:
            outcome = self._run(job)
        except BaseException:
            self._attempt_ended(job, Outcome(None, None, "Internal error of the emulator"))
            raise
        self._attempt_ended(job, outcome)

    def _run(self, job: Job) -> Outcome:
        if has_long_overrides(job):
            return Outcome.overrides_too_long()
        try:
            pull_image(job, set(self.missing_images))
            log = self._log_sink.open(job)
            running = self._runner.start(attempt_of(job, log))
        except CannotStartError as error:
            return Outcome.not_started(str(error))
        with self._changed:
            job.running(epoch_ms(self._clock))
            live = self._machine.live[job.job_id]
            live.started(running, self._clock.monotonic(), self.seconds_scale)
            self._tell(job)
            self._touch()
        return running.wait()

    def _attempt_ended(self, job: Job, outcome: Outcome) -> None:
        with self._changed:
            live = self._machine.release(job.job_id)
            outcome = live.imposed or outcome
            made = job.attempt_number
            self._hosts.give_back(job.host, is_lost=outcome.lost_host)
            reason = live.stop_reason or outcome.status_reason
            job.attempt_ended(outcome, reason, epoch_ms(self._clock))
            if live.stop_reason is not None:
                self._end(job, JobStatus.FAILED, reason)
            elif outcome.succeeded:
                self._end(job, JobStatus.SUCCEEDED, reason)
            elif job.retry.allows_another(outcome, made):
                job.runnable()
                self._tell(job)
            else:
                self._end(job, JobStatus.FAILED, reason)
            self._touch()

    def _end(self, job: Job, status: JobStatus, reason: str | None) -> None:
        job.ended(status, reason, epoch_ms(self._clock))
        del self._unfinished[job.job_id]
        self._tell(job)
        if job.parent is not None and (end := job.parent.end_of_children()):
            self._end(job.parent, *end)
        self._touch()

    def _tell(self, job: Job) -> None:
        self._publisher.put(state_change(job))
