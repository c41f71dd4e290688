"""Checks of scheduling policies and of the jobs in their queues.

https://docs.aws.amazon.com/batch/latest/userguide/job_scheduling.html. AWS does not publish the
formula that weighs shares against each other, so it is not emulated: between shares, the order of
arrival decides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

# https://docs.aws.amazon.com/batch/latest/APIReference/API_FairsharePolicy.html
_LONGEST_DECAY_SECONDS = 604_800
_HIGHEST_RESERVATION = 99
_IDENTIFIER = re.compile(r"[A-Za-z0-9]{1,255}\*?")

# Batch's messages, quoted in https://github.com/boto/boto3/issues/3158 and
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
    """One submitter's share of a queue."""

    queue: str
    identifier: str


def check_policy(policy: Mapping[str, Any]) -> None:
    """Raise ValueError for a `fairsharePolicy` that Batch refuses."""
    if not 0 <= int(policy.get("shareDecaySeconds") or 0) <= _LONGEST_DECAY_SECONDS:
        raise ValueError(f"shareDecaySeconds must be between 0 and {_LONGEST_DECAY_SECONDS}")
    if not 0 <= int(policy.get("computeReservation") or 0) <= _HIGHEST_RESERVATION:
        raise ValueError(f"computeReservation must be between 0 and {_HIGHEST_RESERVATION}")
    shares = [each["shareIdentifier"] for each in policy.get("shareDistribution") or []]
    if not all(map(_IDENTIFIER.fullmatch, shares)):
        raise ValueError(_WRONG_IDENTIFIER)
    if any(_fits(name, other) for name, other in permutations(shares, 2)):
        raise ValueError("the shareIdentifiers of a policy can't overlap")


def _fits(name: str, identifier: str) -> bool:
    return name == identifier or (name.endswith("*") and identifier.startswith(name[:-1]))


def check_submission(*, has_policy: bool, identifier: str | None, priority: int | None) -> None:
    """Raise ValueError with Batch's message for a job that its queue does not accept.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
    """
    if not has_policy:
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
