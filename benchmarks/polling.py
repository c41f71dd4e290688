"""What waiting by polls makes of a run: the building block that SeqStack's replaces.

In *Building High-Throughput Genomics Batch Workflows on AWS* (AWS Compute Blog, 2017), a function
submits a job, a second one asks for its state, and a Wait state of 30 seconds stands before each
further look. A step so ends at the first look after the end of its job.
"""

import math
from collections.abc import Mapping

from seqstack.domain.words import Step

POLL_SECONDS = 30


def polled(seconds: float) -> float:
    """When the block sees the end of a job of so many seconds; its first look is at once."""
    return math.ceil(seconds / POLL_SECONDS) * POLL_SECONDS


def polled_run(seconds: Mapping[Step, float]) -> float:
    """Of a run whose jobs take `seconds`, with one block for each; nothing else takes time."""
    wait = {step: polled(taken) for step, taken in seconds.items()}
    branches = (
        wait[Step.CALL_VARIANTS] + wait[Step.ANNOTATE],
        wait[Step.ALIGNMENT_STATS],
        wait[Step.TARGET_METRICS],
    )
    return wait[Step.ALIGN] + max(branches) + wait[Step.AGGREGATE_QC]
