"""Fair share: who has used how much of a queue lately. No threads; the clock is the caller's.

https://docs.aws.amazon.com/batch/latest/userguide/fair-share-scheduling.html: the share that has
used least goes first, recent use counts for more than earlier use, and a share of half the weight
may use twice as much. AWS does not publish the formula; here a share's load is the vCPUs that it
holds now and those that it held lately, on an exponential average over the policy's decay time.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

# What a decay of zero stands for, and the longest that a policy may name:
# https://docs.aws.amazon.com/batch/latest/APIReference/API_FairsharePolicy.html
_SHORTEST_WINDOW = 600
_LONGEST_WINDOW = 604_800
_IDENTIFIER = re.compile(r"[A-Za-z0-9]{1,255}\*?")

# Batch's words, as https://github.com/boto/boto3/issues/3158 and
# https://github.com/nextflow-io/nextflow/pull/3505 have them.
NEEDS_SHARE = "shareIdentifier must be specified."
NEEDS_PRIORITY = (
    "Either schedulingPriority in job definition or schedulingPriorityOverride should be specified."
)
HAS_NO_POLICY = (
    "Job with shareIdentifier or schedulingPriority can only be submitted to job queue with fair "
    "share scheduling policy."
)
_WRONG_IDENTIFIER = "shareIdentifier takes up to 255 letters and digits, and an asterisk"
_HIGHEST_PRIORITY = 9999


@dataclass(frozen=True, slots=True)
class Share:
    """One submitter's share of a queue; a lower weight lets it use more."""

    queue: str
    identifier: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class FairSharePolicy:
    """A scheduling policy; `weights` are by share identifier, or its beginning and `*`."""

    decay_seconds: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_api(cls, policy: Mapping[str, Any]) -> "FairSharePolicy":
        """Read a `fairsharePolicy`; raise ValueError for what Batch refuses, or we can't do."""
        decay = int(policy.get("shareDecaySeconds") or 0)
        if not 0 <= decay <= _LONGEST_WINDOW:
            raise ValueError(f"shareDecaySeconds must be between 0 and {_LONGEST_WINDOW}")
        if int(policy.get("computeReservation") or 0):
            raise ValueError("The emulator reserves no compute: computeReservation must be 0")
        shares = policy.get("shareDistribution") or []
        for share in shares:
            if not _IDENTIFIER.fullmatch(share["shareIdentifier"]):
                raise ValueError(_WRONG_IDENTIFIER)
        weights = {each["shareIdentifier"]: float(each.get("weightFactor", 1)) for each in shares}
        if any(_fits(name, other) for name, other in permutations(weights, 2)):
            raise ValueError("the shareIdentifiers of a policy can't overlap")
        return cls(decay, weights)

    def share(self, queue: str, identifier: str) -> Share:
        """The share of a queue that `identifier` draws on; of weight 1 if no entry fits it."""
        weights = (weight for name, weight in self.weights.items() if _fits(name, identifier))
        return Share(queue, identifier, next(weights, 1.0))

    @property
    def window_seconds(self) -> float:
        """How long use counts for."""
        return max(self.decay_seconds, _SHORTEST_WINDOW)


def _fits(name: str, identifier: str) -> bool:
    return name == identifier or (name.endswith("*") and identifier.startswith(name[:-1]))


def check_submission(
    policy: FairSharePolicy | None, identifier: str | None, priority: int | None
) -> None:
    """Raise ValueError, in Batch's words, for a job that does not fit its queue's policy.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
    """
    if policy is None:
        if identifier is not None or priority is not None:
            raise ValueError(HAS_NO_POLICY)
        return
    if identifier is None:
        raise ValueError(NEEDS_SHARE)
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValueError(_WRONG_IDENTIFIER)
    if priority is None:
        raise ValueError(NEEDS_PRIORITY)
    if not 0 <= priority <= _HIGHEST_PRIORITY:
        raise ValueError(f"schedulingPriorityOverride must be between 0 and {_HIGHEST_PRIORITY}")


@dataclass(slots=True)
class _Use:
    held: float = 0.0
    lately: float = 0.0
    at: float = 0.0


class Uses:
    """What every share holds and has held, in vCPUs; times are seconds of one clock."""

    def __init__(self) -> None:
        self._uses: dict[Share, tuple[_Use, float]] = {}

    def change(self, share: Share, window_seconds: float, vcpus: float, now: float) -> None:
        """A share holds so many vCPUs more from now on, or less where `vcpus` is negative."""
        use, window = self._uses.setdefault(share, (_Use(at=now), window_seconds))
        use.lately = _averaged(use, window, now)
        use.held += vcpus
        use.at = now

    def loads(self, now: float) -> dict[Share, float]:
        """Every share's load in vCPUs: what it holds, and what it held on average."""
        return {
            share: use.held + _averaged(use, window, now)
            for share, (use, window) in self._uses.items()
        }


def _averaged(use: _Use, window: float, now: float) -> float:
    return use.held + (use.lately - use.held) * math.exp(-(now - use.at) / window)
