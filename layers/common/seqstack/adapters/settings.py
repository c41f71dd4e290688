"""A function's settings, from the environment variables that template.yaml gives it."""

import os
from dataclasses import dataclass
from typing import Self

from seqstack.domain.plan import StackDefaults
from seqstack.domain.scratch import ScratchRules
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import Queue
from seqstack.workflows.registry import WORKFLOWS, step_of

_QUEUE_VARIABLE = {
    Queue.HIGH_PRIORITY: "HIGH_PRIORITY_QUEUE",
    Queue.LOW_PRIORITY: "LOW_PRIORITY_QUEUE",
}


def environment() -> str:
    """The name of this deployment."""
    return os.environ["ENVIRONMENT"]


def ledger_table() -> str:
    """The ledger's table name; a KeyError names the variable where the template forgot it."""
    return os.environ["LEDGER_TABLE"]


def job_log_group() -> str:
    """The log group that containers write to."""
    return os.environ["JOB_LOG_GROUP"]


def state_machines() -> dict[str, str]:
    """The ARN of each workflow's state machine, by the workflow's name."""
    return {name: os.environ[f"{name.upper()}_ARN"] for name in WORKFLOWS}


def callers_confined_by() -> str:
    """The tag or claim that names a caller's projects; empty where callers are not confined."""
    return os.environ["CONFINE_CALLERS_BY"]


def results_bucket() -> str:
    """The one bucket that jobs may write to."""
    return os.environ["RESULTS_BUCKET"]


def job_queues() -> tuple[str, ...]:
    """Every job queue of the stack."""
    names = ("HIGH_PRIORITY_QUEUE", "LOW_PRIORITY_QUEUE", "ON_DEMAND_QUEUE")
    return tuple(os.environ[name] for name in names)


def run_ends_topic() -> str:
    """The ARN of the topic of ends."""
    return os.environ["RUN_ENDS_TOPIC"]


def days_until_expiry() -> int:
    """Days that a finished run stays in the ledger; 0 keeps it for ever."""
    return int(os.environ["EXPIRE_FINISHED_RUNS_AFTER_DAYS"])


@dataclass(frozen=True, slots=True)
class ValidationSettings:
    """What validation takes from the stack."""

    results_bucket: str
    defaults: StackDefaults

    @classmethod
    def from_environment(cls) -> Self:
        """Read the variables of `validate_input`."""
        return cls(
            results_bucket=results_bucket(),
            defaults=StackDefaults(
                job_queues={
                    tool: os.environ[_QUEUE_VARIABLE[step_of(tool).queue]] for tool in Tool
                },
                on_demand_queue=os.environ["ON_DEMAND_QUEUE"],
                job_definitions={tool: os.environ[_definition_variable(tool)] for tool in Tool},
                scratch=ScratchRules(
                    gib_per_vcpu=int(os.environ["SCRATCH_GIB_PER_VCPU"]),
                    max_gib=int(os.environ["MAX_SCRATCH_GIB"]),
                ),
            ),
        )


def _definition_variable(tool: Tool) -> str:
    return f"JOB_DEFINITION_{tool.definition.folder.upper()}"
