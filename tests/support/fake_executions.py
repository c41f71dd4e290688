"""Step Functions in memory, for the use cases that start and control runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seqstack.domain.execution import Execution
from seqstack.domain.failures import Failure
from seqstack.domain.request_errors import RunNameTakenError
from seqstack.domain.words import RunState
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME
from tests.support.builders import EXECUTION_ARN, RUN_ID, STARTED_AT


@dataclass
class FakeExecutions:
    """Executions by name. `taken` names are refused; `redrivable` is the result of a redrive."""

    known: dict[str, Execution] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    redrivable: bool = True
    redriven: list[str] = field(default_factory=list)
    before_redrive: Any = None

    def start(self, run_id: str, document: Mapping[str, Any], workflow: str) -> Execution:
        if run_id in self.taken or run_id in self.known:
            raise RunNameTakenError(run_id)
        return self.put(run_id, RunState.RUNNING, document, workflow=workflow)

    def put(
        self,
        run_id: str,
        state: RunState,
        document: Mapping[str, Any],
        workflow: str = SECONDARY_ANALYSIS_NAME,
        **changes: Any,
    ) -> Execution:
        """Add an execution."""
        arn = EXECUTION_ARN.replace(RUN_ID, run_id).replace(SECONDARY_ANALYSIS_NAME, workflow)
        self.known[run_id] = Execution(run_id, arn, state, STARTED_AT, document, **changes)
        return self.known[run_id]

    def find(self, run_id: str) -> Execution | None:
        return self.known.get(run_id)

    def stop(self, run_id: str, failure: Failure) -> None:
        self.known[run_id] = replace(self.known[run_id], state=RunState.ABORTED, failure=failure)

    def redrive(self, run_id: str) -> bool:
        if self.before_redrive:
            self.before_redrive()
        if self.redrivable:
            self.redriven.append(run_id)
        return self.redrivable
