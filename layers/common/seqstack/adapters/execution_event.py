"""The event by which EventBridge tells of an execution that has ended."""

from datetime import UTC, datetime
from typing import Literal

from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from seqstack.adapters.event_types import ExecutionArn, Moment, Redrive, RunId
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import workflow_of


class ExecutionDetail(BaseModel):
    """The part of an execution's status change that is used; times in ms since the epoch.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    execution_arn: ExecutionArn
    name: RunId
    status: Literal[RunState.SUCCEEDED, RunState.FAILED, RunState.TIMED_OUT, RunState.ABORTED]
    start_date: Moment
    stop_date: Moment
    redrive_count: Redrive = 0
    error: str | None = None
    cause: str | None = None

    def as_failure(self) -> Failure:
        """Why the execution ended; one that was aborted or timed out need not say."""
        return Failure(
            self.error or f"Execution{self.status.title().replace('_', '')}",
            self.cause or f"the execution ended as {self.status}",
        )

    def as_row(self) -> RunRow:
        """The run as its execution knows it."""
        return RunRow(
            run_id=self.name,
            sample_id="",
            state=self.status,
            started_at=utc_text(datetime.fromtimestamp(self.start_date / 1000, UTC)),
            execution_arn=self.execution_arn,
            ended_at=utc_text(datetime.fromtimestamp(self.stop_date / 1000, UTC)),
            redrive=self.redrive_count,
            workflow=workflow_of(self.execution_arn),
        )


class UnsuccessfulDetail(ExecutionDetail):
    """An execution that ended without success."""

    status: Literal[RunState.FAILED, RunState.TIMED_OUT, RunState.ABORTED]


class ExecutionEnd(EventBridgeModel):
    """EventBridge's envelope around an execution that has ended."""

    detail: ExecutionDetail


class UnsuccessfulEnd(EventBridgeModel):
    """The same around one that ended without success."""

    detail: UnsuccessfulDetail
