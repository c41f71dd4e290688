"""Check a run's input and open the run in the ledger.

Invoked by each workflow before anything else. A run that passes has readable inputs, plausible
reads, enabled queues, active job definitions with existing images, and a planned command for every
step. Nothing is submitted. Safe to repeat for the same execution.

Raises:
    InvalidInputError: with every problem by its JSON path.
    ResultsInUseError: another run with other work uses the results folder.
    TransientServiceError: AWS could not answer now; the state machine retries.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import jsonschema  # noqa: F401 - every call needs it, and Lambda gives a start more CPU than a call
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import ExecutionArn, RunId, TimeText
from seqstack.adapters.executions import Executions, state_machine_version
from seqstack.adapters.images import image_digest
from seqstack.adapters.object_blocks import read_blocks
from seqstack.adapters.objects import find_objects, read_start, read_whole
from seqstack.adapters.references import References
from seqstack.adapters.run_defaults import RunDefaultsSettings
from seqstack.domain.run_input import requester_pays
from seqstack.use_cases.validate_run import StartedRun, validate_run
from seqstack.wiring.services import Services
from seqstack.workflows.order import order_of_steps
from seqstack.workflows.registry import WORKFLOWS

logger = Logger(use_rfc3339=True)


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

    `tools` has the tool of each; `stages` is their order: each has branches that run side by side.
    `branches` are those of the stage after the first steps.
    """
    logger.append_keys(runId=event.run_id)
    settings = RunDefaultsSettings.from_environment()
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
        read_whole,
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
        "stages": order.stages,
    }
