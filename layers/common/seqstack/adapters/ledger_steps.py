"""The steps in the ledger."""

from collections.abc import Iterable, Mapping
from typing import Any

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_table import LedgerTable, Update
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import StepRow
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import StepName, StepState

_OPEN_STEPS = {":pending": StepState.PENDING, ":running": StepState.RUNNING}


class StepRows:
    """Reads and writes of the rows of steps."""

    _name: str
    _table: LedgerTable

    def step(self, run_id: str, step: StepName) -> StepRow:
        """One step of a run.

        Raises:
            UnknownRunError: the ledger has no such run or step.
        """
        item = self._table.get(items.step_key(run_id, step))
        if item is None:
            raise UnknownRunError(f"the ledger {self._name} has no step {step} of run {run_id}")
        return items.step_row(item)

    def start_step(self, run_id: str, step: StepName, attempt: int) -> None:
        """Set a step to RUNNING with its newest attempt; has no effect on an ended step."""
        self._table.update(
            items.step_key(run_id, step),
            "SET #state = :running, attempt = :attempt",
            {**_OPEN_STEPS, ":attempt": attempt},
            condition="#state IN (:pending, :running)",
        )

    def reuse_step(
        self,
        key: JobKey,
        reused_from: str,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...] = (),
        failure: Failure | None = None,
    ) -> bool:
        """End a step with the outputs of another run, in place of the job `key`.

        It has a `failure` if the outputs have warnings and the run fails on warnings.

        Returns:
            False if the step has ended, or that job has started.
        """
        return self._end_step(
            key,
            written,
            warnings,
            failure,
            "#state = :pending OR (#state = :running AND attempt < :attempt)",
            {"reusedFrom": reused_from},
        )

    def complete_step(
        self,
        key: JobKey,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...] = (),
        failure: Failure | None = None,
    ) -> bool:
        """End a step with the outputs of the job `key`; False if it has ended or has a newer job.

        It has a `failure` if the outputs have warnings and the run fails on warnings.
        """
        condition = "#state IN (:pending, :running) AND attempt <= :attempt"
        return self._end_step(key, written, warnings, failure, condition, {})

    def _end_step(
        self,
        key: JobKey,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...],
        failure: Failure | None,
        condition: str,
        more: Mapping[str, Any],
    ) -> bool:
        """End a step; its warnings are also written to the run's row."""
        documents = [each.as_document() for each in warnings]
        attributes = {
            "state": StepState.FAILED if failure else StepState.SUCCEEDED,
            "written": list(map(items.stored_value, written)),
            **({"failure": items.failure_value(failure)} if failure else {}),
            **({"warnings": documents} if documents else {}),
            **more,
        }
        step = Update(
            items.step_key(key.run_id, key.step),
            "SET " + ", ".join(f"#{name} = :new_{name}" for name in attributes),
            {
                **_OPEN_STEPS,
                ":attempt": key.attempt,
                **{f":new_{name}": value for name, value in attributes.items()},
            },
            condition,
        )
        if not documents:
            return (
                self._table.update(step.key, step.expression, step.values, condition=step.condition)
                is not None
            )
        run = Update(
            items.run_key(key.run_id),
            f"SET {items.warnings_attribute(key.step)} = :warnings",
            {":warnings": documents},
            "attribute_exists(pk)",
        )
        return self._table.write_all([step, run])

    def note_written(self, run_id: str, step: StepName, written: Iterable[StoredObject]) -> None:
        """Record the outputs of a step that ended without them."""
        self._table.update(
            items.step_key(run_id, step),
            "SET written = :written",
            {
                ":written": list(map(items.stored_value, written)),
                ":succeeded": StepState.SUCCEEDED,
            },
            condition="#state = :succeeded AND attribute_not_exists(written)",
        )

    def finish_step(self, run_id: str, step: StepName, failure: Failure) -> bool:
        """End a step with its failure; False if it had ended before."""
        updated = self._table.update(
            items.step_key(run_id, step),
            "SET #state = :failed, failure = :failure",
            {
                **_OPEN_STEPS,
                ":failed": StepState.FAILED,
                ":failure": items.failure_value(failure),
            },
            condition="#state IN (:pending, :running)",
        )
        return updated is not None

    def stop_step(self, run_id: str, step: StepName, redrive: int = 0) -> bool:
        """End an open step of a run that has ended, after this many redrives.

        Returns:
            False if the step had ended before, or was opened by a later redrive.
        """
        updated = self._table.update(
            items.step_key(run_id, step),
            "SET #state = :stopped",
            {**_OPEN_STEPS, ":stopped": StepState.STOPPED, ":redrive": redrive},
            condition="#state IN (:pending, :running)"
            " AND (attribute_not_exists(redrive) OR redrive <= :redrive)",
        )
        return updated is not None

    def reopen_step(self, run_id: str, step: StepName, redrive: int) -> None:
        """Reopen an ended step, once for each redrive of its run's execution."""
        self._table.update(
            items.step_key(run_id, step),
            "SET #state = :pending, redrive = :redrive REMOVE failure, warnings, expiresAt",
            {
                ":pending": StepState.PENDING,
                ":redrive": redrive,
                ":succeeded": StepState.SUCCEEDED,
            },
            condition=f"{items.IS_NEWER_REDRIVE} AND #state <> :succeeded",
        )
