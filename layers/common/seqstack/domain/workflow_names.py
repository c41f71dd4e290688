"""Names of workflows, and of their state machines and executions."""

import re

WORKFLOW_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""The name of a workflow. Its state machine is `<workflow>-<environment>`."""
SECONDARY_ANALYSIS_NAME = "secondary_analysis"
"""The workflow of a run whose row names none: the only one in earlier versions."""

PREPARE_REFERENCE_NAME = "prepare_reference"

JOINT_CALLING_NAME = "joint_calling"

COHORT_NAME = "cohort"
"""Of the state machine that starts a run for each sample of a sheet; it has no steps itself."""

_EXECUTION = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:execution:([^:]+):[^:]+")


def workflow_of(execution_arn: str) -> str:
    """The workflow of an execution, from the name of its state machine."""
    found = _EXECUTION.fullmatch(execution_arn)
    return found[1].partition("-")[0] if found else SECONDARY_ANALYSIS_NAME
