"""Scripted jobs that read and write objects in S3, like the real containers."""

from typing import Any

from emulator.engine.batch.runner import Attempt, Outcome
from seqstack.domain.classification import RESULTS_REPLACED_EXIT_CODE
from tests.harness.job_results import ReplacedError, ResultsWriter
from tests.harness.scripted import FAILED_LINE, Act, ScriptedAttempt, ScriptedRunner


class WritingJobs(ScriptedRunner):
    """Jobs that write results, if they succeed, that depend only on tool options and inputs.

    `s3` is the emulator's client.
    """

    s3: Any

    def start(self, attempt: Attempt) -> ScriptedAttempt:
        """Start the act; if it will succeed, its outputs are complete at once."""
        started = super().start(attempt)
        writing = _WritingAttempt(self, attempt, self._act(attempt))
        self._acts_under_way[attempt.job_name] = writing
        del started
        return writing

    def write(self, attempt: Attempt) -> Outcome:
        """Write an attempt's results; how it ends."""
        try:
            ResultsWriter(self.s3).write(attempt)
        except ReplacedError:
            attempt.log([FAILED_LINE])
            return Outcome(RESULTS_REPLACED_EXIT_CODE)
        return Outcome(0)


class _WritingAttempt(ScriptedAttempt):
    def __init__(self, jobs: WritingJobs, attempt: Attempt, act: Act) -> None:
        super().__init__(act, jobs.clock)
        self._jobs, self._attempt = jobs, attempt
        self._written = jobs.write(attempt) if act.outcome == Outcome(0) else None

    def wait(self) -> Outcome:
        """Wait for the end; an act that succeeds unexpectedly writes its outputs then."""
        outcome = super().wait()
        if outcome != Outcome(0):
            return outcome
        return self._written or self._jobs.write(self._attempt)
