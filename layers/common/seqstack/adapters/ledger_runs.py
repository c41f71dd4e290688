"""The runs in the ledger."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_claims import claim_writes
from seqstack.adapters.ledger_table import LedgerTable, Put, Update
from seqstack.domain.claims import Taking
from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.errors import TransientServiceError, UnknownRunError
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import RunRow, StepRow
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.domain.words import RunState, StepName

_INDEXES = {
    "runSample": "BySample",
    "cohortId": "ByCohort",
    "project": "ByProject",
    "runState": "ByState",
}


class RunRows:
    """Reads and writes of the rows of runs."""

    _name: str
    _table: LedgerTable

    def run(self, run_id: str) -> RunRow:
        """One run without its steps and jobs.

        Raises:
            UnknownRunError: the ledger has no such run.
        """
        item = self._table.get(items.run_key(run_id))
        if item is None:
            raise UnknownRunError(f"the ledger {self._name} has no run {run_id}")
        return items.run_row(item)

    def runs_in_state(
        self, state: RunState, started_after: str = "", ended_after: str = ""
    ) -> list[RunRow]:
        """Runs in one state that started, or ended, after a time, oldest first.

        Times are in the format of `utc_text`.
        """
        by_end = Attr("endedAt").gt(ended_after) if ended_after else None
        return self._runs_by("ByState", "runState", state, started_after, by_end)

    def runs_of_cohort(self, cohort_id: str, started_after: str = "") -> list[RunRow]:
        """Runs of one cohort that started after a time, oldest first."""
        return self._runs_by("ByCohort", "cohortId", cohort_id, started_after)

    def _runs_by(
        self,
        index: str,
        key: str,
        value: str,
        started_after: str,
        only: ConditionBase | None = None,
    ) -> list[RunRow]:
        found = self._table.query_index(index, key, value, "startedAt", started_after, only)
        return [items.run_row(item) for item in found]

    def newest_runs(self, wanted: RunFilter, cursor: Cursor, limit: int) -> list[RunRow]:
        """The `limit` newest runs after the cursor, and those equally new, of each index.

        Uses the index of the sample, otherwise of the cohort, the project or the state; without a
        filter, the index of states for each state. A sample has few runs; a cohort or state has
        many runs of other projects.
        """
        values = {
            "runSample": wanted.sample_id,
            "cohortId": wanted.cohort_id,
            "project": wanted.project,
            "runState": wanted.state or "",
        }
        where = {name: value for name, value in values.items() if value}
        if not where:
            each = (RunFilter(state=state) for state in RunState)
            return [row for one in each for row in self.newest_runs(one, cursor, limit)]
        is_within = wanted.within_project and not wanted.sample_id
        name = "project" if is_within else next(iter(where))
        key = (name, where.pop(name))
        range_key = ("startedAt", cursor.until)
        found = self._table.query_newest(_INDEXES[name], key, range_key, limit + 1, where)
        runs = (items.run_row(item) for item in found if item["sk"] == items.RUN_SK)  # no cohorts
        return cursor.newest(runs, limit)

    def open_run(self, run: RunRow, steps: Iterable[StepRow], taking: Taking | None = None) -> bool:
        """Write a new run and its steps, and take its claim, in one transaction.

        Returns:
            True if the run belongs to this execution (also if an earlier call wrote it), False if
            another execution has used the run's id.

        Raises:
            TransientServiceError: the claim has changed since it was read; read it again.
        """
        rows = [items.run_item(run), *map(items.step_item, steps)]
        if self._table.write_all([*map(Put, rows), *claim_writes(taking)]):
            return True
        existing = self._table.get(items.run_key(run.run_id))
        if existing is None:
            raise TransientServiceError(f"another run is taking the results folder of {run.run_id}")
        return bool(existing.get("executionArn") == run.execution_arn)

    def reopen_run(self, run_id: str, redrive: int, taking: Taking | None = None) -> None:
        """Reopen an ended run, once for each redrive of its execution, and take its claim.

        None of its items expires before it ends again.

        Raises:
            TransientServiceError: the claim has changed since it was read; read it again.
        """
        self._keep(run_id)
        reopened = self._table.write_all(
            [
                Update(
                    items.run_key(run_id),
                    "SET runState = :running, redrive = :redrive"
                    " REMOVE endedAt, failure, expiresAt",
                    {":running": RunState.RUNNING, ":redrive": redrive},
                    items.IS_NEWER_REDRIVE,
                ),
                *claim_writes(taking),
            ]
        )
        if not reopened and taking and self.run(run_id).redrive < redrive:
            raise TransientServiceError(f"another run is taking the results folder of {run_id}")

    def _keep(self, run_id: str) -> None:
        """Take back what `expire_run` has set; a step that has succeeded is not opened again."""
        for item in self._table.query(items.run_key(run_id)["pk"]):
            if "expiresAt" in item:
                self._table.update(
                    {"pk": item["pk"], "sk": item["sk"]},
                    "REMOVE expiresAt",
                    {":at": item["expiresAt"]},
                    condition="expiresAt = :at",
                )

    def write_rejected_run(self, run: RunRow) -> bool:
        """Write a run that ended before it was opened; False if the run is known already."""
        item = {**items.run_item(run), "endedAt": run.ended_at}
        if run.failure:
            item["failure"] = items.failure_value(run.failure)
        return self._table.put_new(item)

    def identify_run(self, run_id: str, identity: RunIdentity) -> None:
        """Record the run's sample and cohort, if validation has not; a known sample stays."""
        known = {
            "sampleId": identity.sample_id,
            "runSample": identity.sample_id,
            "cohortId": identity.cohort_id,
            "cohortSize": identity.cohort_size,
            "project": identity.project,
        }
        values = {name: value for name, value in known.items() if value}
        if not values:
            return
        self._table.update(
            items.run_key(run_id),
            "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            {f":{name}": value for name, value in values.items()},
            condition="attribute_exists(pk) AND attribute_not_exists(runSample)",
        )

    def note_sheet(self, run: RunRow) -> None:
        """Record a run's tags, and whether it is left out, as its cohort's sheet has them now."""
        self._table.update(
            items.run_key(run.run_id),
            "SET #tags = :tags, leftOut = :leftOut",
            {":tags": dict(run.tags), ":leftOut": run.is_left_out},
            condition="attribute_exists(pk)",
        )

    def finish_run(self, ended: RunRow) -> bool:
        """End a run with the state, time, metrics and failure of `ended`.

        A redrive that ended before the run was reopened ends it again.

        Returns:
            False if the run had ended before, was never written, belongs to another execution, or
            was redriven since.
        """
        failure = ended.failure
        is_its = "(attribute_not_exists(redrive) OR redrive <= :redrive)"
        condition = f"executionArn = :arn AND runState = :running AND {is_its}"
        values: dict[str, Any] = {
            ":state": ended.state,
            ":ended": ended.ended_at,
            ":running": RunState.RUNNING,
            ":arn": ended.execution_arn,
            ":redrive": ended.redrive,
        }
        changes = "SET runState = :state, endedAt = :ended"
        if ended.redrive:
            is_newer = "attribute_not_exists(redrive) OR redrive < :redrive"
            condition = f"{condition} OR executionArn = :arn AND ({is_newer})"
            changes += ", redrive = :redrive"
        if ended.metrics:
            values[":metrics"] = json.dumps(ended.metrics)
            changes += ", qcMetrics = :metrics"
        if failure:
            values[":failure"] = items.failure_value(failure)
            changes += ", failure = :failure"
        elif ended.redrive:
            changes += " REMOVE failure"
        key = items.run_key(ended.run_id)
        return self._table.update(key, changes, values, condition=condition) is not None

    def note_tool_versions(
        self, run_id: str, step: StepName, versions: Mapping[str, str], attempt: int = 0
    ) -> None:
        """Record the programs that a step has run, in any state of the run.

        `attempt` is that of the job whose outputs were considered for reuse before (see
        `RunRow.remembered`), 0 for a step without a job.
        """
        self._table.update(
            items.run_key(run_id),
            f"SET toolVersions.#{step} = :versions, {items.remembered_attribute(step)} = :attempt",
            {":versions": dict(versions), ":attempt": attempt},
            condition="attribute_exists(toolVersions)",
        )

    def record_report(
        self, run_id: str, report: StoredObject, crate: Iterable[StoredObject]
    ) -> None:
        """Record the page that describes the run, and the files of its RO-Crate."""
        self._table.update(
            items.run_key(run_id),
            "SET report = :report, crate = :crate",
            {
                ":report": items.stored_value(report),
                ":crate": [items.stored_value(each) for each in crate],
            },
            condition="attribute_exists(pk)",
        )

    def expire_run(self, run_id: str, expires_at: int) -> None:
        """Let DynamoDB delete a run with its steps and jobs at `expires_at`, in epoch seconds."""
        for item in self._table.query(items.run_key(run_id)["pk"]):
            self._table.update(
                {"pk": item["pk"], "sk": item["sk"]},
                "SET expiresAt = :at",
                {":at": expires_at},
                condition="attribute_exists(pk)",
            )
