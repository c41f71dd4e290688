"""The variables of functions that check runs' inputs."""

from collections.abc import Mapping
from dataclasses import dataclass

from seqstack.adapters.settings import FunctionSettings, one_for_each
from seqstack.domain.architecture import architecture_of_hosts
from seqstack.domain.plan import StackDefaults
from seqstack.domain.scratch import ScratchRules
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import Queue
from seqstack.workflows.registry import step_of


@dataclass(frozen=True, kw_only=True)
class RunDefaultsSettings(FunctionSettings):
    """The variables with a run's defaults from the stack, and the results bucket."""

    results_bucket: str
    high_priority_queue: str
    low_priority_queue: str
    on_demand_queue: str
    scratch_gib_per_vcpu: int
    max_scratch_gib: int
    network: str
    instance_types: str
    default_qc_gates: str
    job_definitions: Mapping[Tool, str] = one_for_each(
        {tool: f"JOB_DEFINITION_{tool.definition.folder.upper()}" for tool in Tool}
    )

    @property
    def defaults(self) -> StackDefaults:
        """Defaults for what the input leaves out."""
        queues = {
            Queue.HIGH_PRIORITY: self.high_priority_queue,
            Queue.LOW_PRIORITY: self.low_priority_queue,
        }
        return StackDefaults(
            job_queues={tool: queues[step_of(tool).queue] for tool in Tool},
            on_demand_queue=self.on_demand_queue,
            job_definitions=self.job_definitions,
            scratch=ScratchRules(
                gib_per_vcpu=self.scratch_gib_per_vcpu, max_gib=self.max_scratch_gib
            ),
            reaches_other_regions=self.network != "private",
            architecture=architecture_of_hosts(self.instance_types.split(",")),
            qc_gates=self.default_qc_gates,
        )
