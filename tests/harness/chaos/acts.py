"""Jobs that end as in their run's script, and a count of failed attempts."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from emulator.engine.batch.runner import Attempt, CannotStartError
from emulator.engine.clock import Clock
from tests.harness.job_results import ResultsWriter
from tests.harness.scripted import Act, ScriptedAttempt

GOOD = Act.succeed(after_seconds=0.05)


@dataclass
class Script:
    """The acts of a run's jobs: by step and try (1…), one for each attempt within the job.

    A job's last act is repeated, and so are the last try's acts for later tries.
    """

    steps: dict[str, Sequence[Sequence[Act]]] = field(default_factory=dict)

    def act(self, step: str, number: int, attempt: int) -> Act:
        """The act of one attempt."""
        tries = self.steps.get(step)
        if not tries:
            return GOOD
        acts = tries[min(number, len(tries)) - 1]
        return acts[min(attempt, len(acts)) - 1]


class ActingRunner:
    """Plays each run's script, and writes the results of jobs that succeed with `results`.

    `bad_acts` counts, by run, the acts without success.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.scripts: dict[str, Script] = {}
        self.bad_acts: Counter[str] = Counter()
        self.results: ResultsWriter | None = None
        self._lock = threading.Lock()

    def start(self, attempt: Attempt) -> ScriptedAttempt:
        """Start an attempt, or raise `CannotStartError` if its act says so."""
        run_id, step, number = attempt.job_name.rsplit("-", 2)
        act = self.scripts.get(run_id, Script()).act(step, int(number), attempt.number)
        if act.outcome is None or not act.outcome.succeeded or act.cannot_start is not None:
            with self._lock:
                self.bad_acts[run_id] += 1
        if act.cannot_start is not None:
            raise CannotStartError(act.cannot_start)
        if self.results and act.outcome is not None and act.outcome.succeeded:
            self.results.write(attempt)
        return ScriptedAttempt(act, self._clock)
