"""The check of each workflow's input: one line each."""

from collections.abc import Callable

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.checked_joint import CheckedJoint
from seqstack.domain.checked_reference import CheckedReference
from seqstack.domain.checked_run import CheckedRun
from seqstack.domain.errors import InvalidInputError, Problem
from seqstack.workflows.joint_calling import JOINT_CALLING
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

type Check = Callable[[object, str], CheckedRun]
"""Checks a run's input; the second argument is the one bucket that jobs may write to."""

CHECKS: dict[str, Check] = {
    SECONDARY_ANALYSIS.name: CheckedInput.of,
    PREPARE_REFERENCE.name: CheckedReference.of,
    JOINT_CALLING.name: CheckedJoint.of,
}


def check_input(workflow: str, document: object, results_bucket: str) -> CheckedRun:
    """Check the input of a run of this workflow.

    Raises:
        InvalidInputError: this version has no such workflow.
    """
    if workflow not in CHECKS:
        raise InvalidInputError(
            [Problem("workflow", f"{workflow!r} is not a workflow; there are: {', '.join(CHECKS)}")]
        )
    return CHECKS[workflow](document, results_bucket)
