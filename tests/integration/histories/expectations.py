"""What a call must have brought about when nothing disturbed it and no other was under way."""

from typing import TYPE_CHECKING, Any

from seqstack.adapters.state_machine_events import JobEvent
from seqstack.domain.job_record import JobRecord
from seqstack.domain.words import StepState

if TYPE_CHECKING:
    from tests.integration.histories.world import World


class Expectations:
    """Looks at the world before a call, and judges what the call has made of it."""

    def __init__(self, world: "World", function: str, event: Any) -> None:
        self._world = world
        self._function = function
        self._event = event
        self._jobs = len(world.batch.jobs)
        self._ended = {run.run_id for run in world.known_runs() if run.state.is_terminal}

    def check(self, result: Any) -> None:
        """Judge by the function; `result` is what it returned."""
        match self._function:
            case "submit_job":
                self._check_submission()
            case "get_job_status":
                self._check_status(result)
            case "track_job":
                self._check_row()
            case "stop_jobs":
                self._check_stopped()

    def _check_submission(self) -> None:
        run = self._world.ledger.run(self._event["runId"])
        if run.run_id in self._ended and run.state.is_terminal:
            assert len(self._world.batch.jobs) == self._jobs, "submitted for an ended run"

    def _check_status(self, result: Any) -> None:
        if result["status"] == "SUCCEEDED":
            key = JobEvent.model_validate(self._event).key
            step = self._world.ledger.step(key.run_id, key.step)
            assert step.state in {StepState.SUCCEEDED, StepState.STOPPED}

    def _check_row(self) -> None:
        """The ledger has at least the event's state."""
        told = JobRecord.from_batch(self._event["detail"])
        row = self._world.job_row(told.key) if told.key else None
        if row is None or row.job_id != told.job_id or row.state.is_terminal:
            return
        assert (row.batch_attempts, row.state.rank) >= (told.batch_attempts, told.state.rank)

    def _check_stopped(self) -> None:
        run_id = self._event["detail"]["name"]
        if not self._world.ledger.run(run_id).state.is_terminal:
            return
        left = [
            job.key.job_name
            for job in self._world.batch.jobs.values()
            if job.key.run_id == run_id and not job.is_told_to_end
        ]
        assert not left or self._world.overlapping, f"stop_jobs has left {left}"
