"""Check a run's input and open the run in the ledger.

Invoked by each workflow before anything else. Promises that a run which passes has
readable inputs, open queues, active job definitions whose images are there, and a planned command
for every step, and that nothing was submitted. Safe to call again for the same execution.

Raises:
    InvalidInputError: with every problem by its JSON path.
    ResultsInUseError: another run has the results folder, and does other work.
    TransientServiceError: AWS could not answer now; the state machine retries.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from seqstack.adapters import settings
from seqstack.adapters.batch import Batch
from seqstack.adapters.event_types import ExecutionArn, RunId, TimeText
from seqstack.adapters.executions import Executions, state_machine_version
from seqstack.adapters.images import image_digest
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.objects import find_objects
from seqstack.use_cases.validate_run import StartedRun, validate_run

logger = Logger()


class ValidateInputEvent(BaseModel):
    """The execution as its context object shows it, and its input, whatever that is."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    run_id: RunId
    execution_arn: ExecutionArn
    started_at: TimeText
    input: Any


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=ValidateInputEvent)
def lambda_handler(event: ValidateInputEvent, _context: LambdaContext) -> dict[str, Any]:
    """Return `runId`, `sampleId`, and `tools`: the tool of each step that the run has."""
    logger.append_keys(runId=event.run_id)
    stack = settings.ValidationSettings.from_environment()
    run = validate_run(
        StartedRun(event.run_id, event.execution_arn, event.started_at, event.input),
        stack.results_bucket,
        stack.defaults,
        datetime.now(UTC),
        Ledger(settings.ledger_table()),
        Executions(),
        Batch(),
        find_objects,
        image_digest,
        state_machine_version,
    )
    logger.append_keys(sampleId=run.sample_id)
    logger.info("Run opened", tools=dict(run.tools))
    return {"runId": run.run_id, "sampleId": run.sample_id, "tools": dict(run.tools)}
