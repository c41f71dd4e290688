"""An execution of a workflow's state machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import workflow_of


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution; times in the format of `utc_text`.

    `document` is its input, empty if it can't be a run's: not an object, or beyond the limits of
    `json_text`. `can_be_redriven` is Step Functions' redrive status.
    """

    run_id: str
    arn: str
    state: RunState
    started_at: str
    document: Mapping[str, Any]
    ended_at: str = ""
    failure: Failure | None = None
    redrives: int = 0
    can_be_redriven: bool = False

    @property
    def workflow(self) -> str:
        """The run's workflow."""
        return workflow_of(self.arn)

    def as_run(self) -> RunRow:
        """The run, until the ledger has it."""
        return RunRow(
            run_id=self.run_id,
            sample_id=str(self.document.get("sampleId", "")),
            state=self.state,
            started_at=self.started_at,
            execution_arn=self.arn,
            ended_at=self.ended_at,
            failure=self.failure,
            redrive=self.redrives,
            workflow=self.workflow,
        )
