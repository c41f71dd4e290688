"""Check a run's input and open the run in the ledger.

Invoked by each workflow before anything else. A run that passes has readable inputs, plausible
reads, enabled queues, active job definitions with existing images, and a planned command for every
step. Nothing is submitted. Safe to repeat for the same execution.

Raises:
    InvalidInputError: with every problem by its JSON path.
    ResultsInUseError: another run with other work uses the results folder.
    TransientServiceError: AWS could not answer now; the state machine retries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import ExecutionArn, RunId, TimeText
from seqstack.adapters.executions import Executions, state_machine_version
from seqstack.adapters.images import image_digest
from seqstack.adapters.object_blocks import read_blocks
from seqstack.adapters.objects import find_objects, read_start
from seqstack.adapters.references import References
from seqstack.adapters.settings import FunctionSettings, one_for_each
from seqstack.domain.architecture import architecture_of_hosts
from seqstack.domain.plan import StackDefaults
from seqstack.domain.run_input import requester_pays
from seqstack.domain.scratch import ScratchRules
from seqstack.tools.registry import Tool
from seqstack.use_cases.validate_run import StartedRun, validate_run
from seqstack.wiring.services import Services
from seqstack.workflows.definition import Queue
from seqstack.workflows.order import order_of_steps
from seqstack.workflows.registry import WORKFLOWS, step_of

logger = Logger()


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """The variables of `validate_input`: a run's defaults from the stack."""

    results_bucket: str
    high_priority_queue: str
    low_priority_queue: str
    on_demand_queue: str
    scratch_gib_per_vcpu: int
    max_scratch_gib: int
    network: str
    instance_types: str
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
        )


class ValidateInputEvent(BaseModel):
    """The execution from its context object, and its input, which can be any JSON."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    run_id: RunId
    execution_arn: ExecutionArn
    started_at: TimeText
    input: Any


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=ValidateInputEvent)
def lambda_handler(event: ValidateInputEvent, _context: LambdaContext) -> dict[str, Any]:
    """Return `runId`, `sampleId`, and the run's steps.

    `tools` has the tool of each; `branches` and `lastSteps` are the order of those that come after
    others.
    """
    logger.append_keys(runId=event.run_id)
    settings = Settings.from_environment()
    services = Services(settings)
    pays = requester_pays(event.input)
    run = validate_run(
        StartedRun(event.run_id, event.execution_arn, event.started_at, event.input),
        settings.results_bucket,
        settings.defaults,
        datetime.now(UTC),
        services.ledger,
        Executions(services.ledger),
        services.batch,
        partial(find_objects, requester_pays=pays),
        partial(read_start, requester_pays=pays),
        partial(read_blocks, requester_pays=pays),
        image_digest,
        state_machine_version,
        References(settings.results_bucket),
    )
    logger.append_keys(sampleId=run.sample_id)
    logger.info("Run opened", tools=dict(run.tools))
    order = order_of_steps(WORKFLOWS[run.workflow], run.tools)
    return {
        "runId": run.run_id,
        "sampleId": run.sample_id,
        "tools": dict(run.tools),
        "branches": [list(branch) for branch in order.branches],
        "lastSteps": list(order.last),
    }
