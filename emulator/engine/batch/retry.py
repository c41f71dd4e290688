"""Retry strategies: whether a failed attempt is followed by another.

https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.engine.batch.runner import Outcome

MAX_ATTEMPTS = 10
MAX_CONDITIONS = 5
MAX_PATTERN_CHARACTERS = 512
_PATTERNS = {
    "onStatusReason": re.compile(r"[A-Za-z0-9.:\s]*\*?"),
    "onReason": re.compile(r"[A-Za-z0-9.:\s]*\*?"),
    "onExitCode": re.compile(r"[0-9]*\*?"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of `evaluateOnExit`: patterns that must all match, and whether to retry then.

    A pattern is compared whole, or by its start if it ends with an asterisk. A pattern that is None
    is ignored.
    """

    retry: bool
    on_status_reason: str | None = None
    on_reason: str | None = None
    on_exit_code: str | None = None

    def matches(self, outcome: Outcome) -> bool:
        """Compare an outcome; missing values count as empty, which only `*` matches."""
        exit_code = "" if outcome.exit_code is None else str(outcome.exit_code)
        return (
            _matches(self.on_status_reason, outcome.status_reason)
            and _matches(self.on_reason, outcome.reason or "")
            and _matches(self.on_exit_code, exit_code)
        )


@dataclass(frozen=True, slots=True)
class RetryStrategy:
    """How many attempts a job has (1 to 10), and which failures use them."""

    attempts: int = 1
    conditions: tuple[Condition, ...] = ()

    @classmethod
    def from_api(cls, strategy: Mapping[str, Any] | None) -> "RetryStrategy":
        """Read a `retryStrategy` as the Batch API has it.

        Raises ValueError, with what is wrong, for what the Batch API refuses.
        """
        strategy = strategy or {}
        attempts = int(strategy.get("attempts", 1))
        entries = strategy.get("evaluateOnExit") or []
        if not 1 <= attempts <= MAX_ATTEMPTS:
            raise ValueError(f"attempts must be between 1 and {MAX_ATTEMPTS}, not {attempts}")
        if len(entries) > MAX_CONDITIONS:
            raise ValueError(f"evaluateOnExit takes up to {MAX_CONDITIONS}, not {len(entries)}")
        return cls(attempts, tuple(_condition(entry) for entry in entries))

    def allows_another(self, outcome: Outcome, attempts_made: int) -> bool:
        """Whether a failed attempt is followed by another.

        The first condition that matches decides; if none does, the job is retried. Jobs that
        were terminated or timed out are never retried and must not be asked about.
        """
        if attempts_made >= self.attempts:
            return False
        return next((c.retry for c in self.conditions if c.matches(outcome)), True)


def _condition(entry: Mapping[str, Any]) -> Condition:
    action = str(entry.get("action", "")).upper()  # "The values aren't case sensitive."
    if action not in {"RETRY", "EXIT"}:
        raise ValueError(f"evaluateOnExit's action must be RETRY or EXIT, not {action!r}")
    patterns = {name: entry.get(name) for name in _PATTERNS}
    for name, pattern in patterns.items():
        if pattern is None:
            continue
        if len(pattern) > MAX_PATTERN_CHARACTERS or not _PATTERNS[name].fullmatch(pattern):
            raise ValueError(
                f"evaluateOnExit's {name} has letters, digits, '.', ':' and spaces, and may end "
                f"with an asterisk, not {pattern!r}"
            )
    return Condition(action == "RETRY", *patterns.values())


def _matches(pattern: str | None, value: str) -> bool:
    if pattern is None:
        return True
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return value == pattern
