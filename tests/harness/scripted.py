"""A runner without processes: jobs end as in a script, by a pattern of their names."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from emulator.engine.batch.runner import Attempt, CannotStartError, Outcome
from emulator.engine.clock import REAL_CLOCK, Clock

FAILED_LINE = "FAILED as its script has it"  # a container's last line, which is waited for
SIGTERM_EXIT = 143
SIGKILL_EXIT = 137


@dataclass(frozen=True, slots=True)
class Act:
    """The act of one attempt: log lines, wait, end.

    `outcome` None means it never ends by itself. `cannot_start` is ECS's reason for a container
    that does not start. `ignores_sigterm` makes only SIGKILL end it.
    """

    outcome: Outcome | None = field(default_factory=lambda: Outcome(0))
    after_seconds: float = 0.0
    lines: Sequence[str] = ()
    cannot_start: str | None = None
    ignores_sigterm: bool = False

    @classmethod
    def succeed(cls, after_seconds: float = 0.0) -> "Act":
        """End with exit code 0."""
        return cls(Outcome(0), after_seconds)

    @classmethod
    def fail(
        cls, exit_code: int, reason: str | None = None, *, lines: Sequence[str] = (FAILED_LINE,)
    ) -> "Act":
        """End with another exit code, and optionally a reason of ECS."""
        return cls(Outcome(exit_code, reason), lines=lines)

    @classmethod
    def hang(cls, *, ignores_sigterm: bool = False) -> "Act":
        """Run until stopped."""
        return cls(None, ignores_sigterm=ignores_sigterm)

    @classmethod
    def lose_host(cls, instance_id: str = "i-0123456789abcdef0") -> "Act":
        """End as a reclaimed Spot instance does."""
        return cls(Outcome.host_terminated(instance_id))

    @classmethod
    def run_out_of_memory(cls) -> "Act":
        """End as a container over its memory limit does."""
        return cls(Outcome.out_of_memory())

    @classmethod
    def lack_image(cls, reason: str = "CannotPullContainerError: image not found") -> "Act":
        """Fail to start."""
        return cls(cannot_start=reason)


class ScriptedRunner:
    """Plays acts: `acts` maps patterns of job names (as in a shell) to one act for each attempt.

    The name of an array's child ends with `:` and its index here.

    The last act is repeated; a job whose name matches no pattern succeeds at once. All attempts
    that were started are in `started`. `clock` is the clock of the acts' waits.
    """

    def __init__(
        self, acts: dict[str, Sequence[Act]] | None = None, clock: Clock = REAL_CLOCK
    ) -> None:
        self.acts = acts or {}
        self.clock = clock
        self.started: list[Attempt] = []
        self._acts_under_way: dict[str, ScriptedAttempt] = {}

    def start(self, attempt: Attempt) -> "ScriptedAttempt":
        """Start the act of an attempt, or raise `CannotStartError` if the act says so."""
        self.started.append(attempt)
        act = self._act(attempt)
        if act.cannot_start is not None:
            raise CannotStartError(act.cannot_start)
        if act.lines:
            attempt.log(act.lines)
        under_way = self._acts_under_way[_name(attempt)] = ScriptedAttempt(act, self.clock)
        return under_way

    def end(self, pattern: str, outcome: Outcome) -> None:
        """End the acts of the jobs whose names match, regardless of their script."""
        for name, under_way in self._acts_under_way.items():
            if fnmatchcase(name, pattern):
                under_way.end(outcome)

    def _act(self, attempt: Attempt) -> Act:
        for pattern, acts in self.acts.items():
            if fnmatchcase(_name(attempt), pattern):
                return acts[min(attempt.number, len(acts)) - 1]
        return Act()


def _name(attempt: Attempt) -> str:
    _, colon, index = attempt.job_id.partition(":")
    return f"{attempt.job_name}{colon}{index}"


class ScriptedAttempt:
    """A running act."""

    def __init__(self, act: Act, clock: Clock = REAL_CLOCK) -> None:
        self._act = act
        self._stopped = clock.event()
        self._outcome = Outcome(SIGTERM_EXIT)

    def wait(self) -> Outcome:
        """Wait for the act's end, or for the signal that ends it."""
        timeout = None if self._act.outcome is None else self._act.after_seconds
        if not self._stopped.wait(timeout) and self._act.outcome is not None:
            return self._act.outcome
        return self._outcome

    def end(self, outcome: Outcome) -> None:
        """End the act in another way than its script has."""
        self._outcome = outcome
        self._stopped.set()

    def terminate(self) -> None:
        """End the act, unless it ignores SIGTERM."""
        if not self._act.ignores_sigterm:
            self._stopped.set()

    def kill(self) -> None:
        """End the act."""
        self.end(Outcome(SIGKILL_EXIT))
