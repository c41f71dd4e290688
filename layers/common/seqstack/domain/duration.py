"""The expected duration of a job, and what follows from it: its timeout, its tries on Spot.

Nobody needs the duration exactly. A timeout ends only a job that hangs, and the number of tries on
Spot decides how many hours of work can be lost.
"""

import math
from datetime import timedelta

from seqstack.domain.scratch import GIB
from seqstack.tools.definition import ToolDefinition

LONGEST_EXECUTION = timedelta(days=60)
"""`TimeoutSeconds` of every state machine, queueing included."""
LONGEST_RUN = LONGEST_EXECUTION + timedelta(days=1)
"""Longer than any run: its execution's last events may be late."""

# a slow host, reads that align badly, and our estimate
_MARGIN = 4
_LONGEST_ATTEMPT = timedelta(days=14)
# Of ten Spot hosts, up to one or two are reclaimed in a day: half a working day may be lost once.
_LONG = timedelta(hours=4)


def expected_seconds(
    tool: ToolDefinition, read_per_input_byte: float, input_bytes: int, vcpus: int
) -> int:
    """The time that a step is expected to take, from the size of the run's input; 0 if unknown.

    `read_per_input_byte` is the step's.
    """
    gib = input_bytes * read_per_input_byte / GIB
    return math.ceil(gib * tool.vcpu_hours_per_gib / vcpus * 3600)


def timeout_seconds(shortest: int, expected: int) -> int:
    """Batch's timeout of an attempt: `shortest`, or more for a long job; 0 for none."""
    if not shortest:
        return 0
    longest = int(_LONGEST_ATTEMPT.total_seconds())
    return max(shortest, min(_MARGIN * expected, longest))


def tool_minutes(timeout: int) -> int:
    """The time after which a job stops its tool, in minutes, from its timeout in seconds.

    A twentieth of the timeout is left for what the job does before and after, so that the tool is
    stopped before Batch stops the job, and the log has the reason. Without a timeout (0), it is the
    longest one.
    """
    return max(1, int((timeout or _LONGEST_ATTEMPT.total_seconds()) * 0.95 / 60))


def is_long(expected: int) -> bool:
    """Whether a job's work is too much to lose on Spot twice."""
    return expected >= _LONG.total_seconds()
