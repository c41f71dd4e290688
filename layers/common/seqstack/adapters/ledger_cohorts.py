"""The rows of cohorts: `pk` is `COHORT#<cohortId>`, `sk` is `COHORT`, or `DRYRUN` for a dry run.

Two of the indexes of runs list cohorts, in partitions that have no run: `ByState` has all under the
state `COHORT`, and `ByProject` those of a project under `COHORT#<project>`; no name of a project
has a `#`. `startedAt` is when a cohort's first execution started. A dry run is in no index.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_table import Item, LedgerTable
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.run_pages import CohortFilter, Cursor
from seqstack.domain.words import CohortState

_LISTED = "COHORT"
_MAX_PROJECT = 64  # characters; the row is written before a longer name is refused


class CohortRows:
    """Reads and writes of the rows of cohorts."""

    _table: LedgerTable

    def cohort(self, cohort_id: str, *, is_dry_run: bool = False) -> CohortRow | None:
        """A cohort, or its newest dry run; None if there was none."""
        item = self._table.get(_key(cohort_id, is_dry_run=is_dry_run))
        return None if item is None else _row(item)

    def newest_cohorts(self, wanted: CohortFilter, cursor: Cursor, limit: int) -> list[CohortRow]:
        """The `limit` newest cohorts after the cursor, and those equally new; no dry runs."""
        if wanted.project:
            index, key = "ByProject", ("project", _of_project(wanted.project))
        else:
            index, key = "ByState", ("runState", _LISTED)
        where = {"cohortState": str(wanted.state)} if wanted.state else {}
        range_key = ("startedAt", cursor.until)
        found = self._table.query_newest(index, key, range_key, limit + 1, where)
        return cursor.newest(map(_row, found), limit)

    def open_cohort(self, row: CohortRow, over: str = "") -> bool:
        """Write the row of an execution that has just started, in place of an ended one's.

        `over` is the ARN of an execution that is known to have ended though its row is open. A
        repeat for the same execution changes nothing.

        Returns:
            False if another execution of the cohort is running.
        """
        values = {
            ":arn": row.execution_arn,
            ":running": CohortState.RUNNING,
            ":opened": row.opened_at,
            ":sheet": row.sheet,
            ":project": row.project,
            ":id": row.cohort_id,
            ":over": over or row.execution_arn,
        }
        key = _key(row.cohort_id, is_dry_run=row.is_dry_run)
        listed, unlisted = "", ""
        if not row.is_dry_run:
            listed = ", runState = :listed, startedAt = if_not_exists(startedAt, :opened)"
            values[":listed"] = _LISTED
            if 0 < len(row.project) <= _MAX_PROJECT:
                listed += ", #project = :ofProject"
                values[":ofProject"] = _of_project(row.project)
            else:
                unlisted = ", #project"
        opened = self._table.update(
            key,
            "SET executionArn = :arn, cohortState = :running, openedAt = :opened, sheet = :sheet,"
            f" cohort = :id, forProject = :project{listed}"
            " REMOVE sheetVersion, cohortPlan, endedAt, failure, budgetUsd, budgetMetAt, heldBack"
            + unlisted,
            values,
            condition="attribute_not_exists(pk) OR executionArn <> :arn"
            " AND (cohortState <> :running OR executionArn = :over)",
        )
        if opened is not None:
            return True
        known = self._table.get(key)
        return known is not None and known["executionArn"] == row.execution_arn

    def note_cohort_plan(self, row: CohortRow) -> None:
        """Record the sheet's version, plan and budget, unless another execution has the row."""
        budget = {} if row.budget_usd is None else {":budget": row.budget_usd}
        self._table.update(
            _key(row.cohort_id, is_dry_run=row.is_dry_run),
            "SET sheetVersion = :version, cohortPlan = :plan, costBefore = :before"
            + (", budgetUsd = :budget" if budget else ""),
            {
                ":version": row.sheet_version,
                ":plan": json.dumps(dict(row.plan)),
                ":arn": row.execution_arn,
                ":before": row.cost_before,
                **budget,
            },
            condition="executionArn = :arn",
        )

    def close_cohort(self, ended: CohortRow) -> bool:
        """End a cohort's execution; False if it has ended before, or another one has the row."""
        values: dict[str, Any] = {
            ":state": ended.state,
            ":ended": ended.ended_at,
            ":running": CohortState.RUNNING,
            ":arn": ended.execution_arn,
            ":one": 1,
        }
        changes = "SET cohortState = :state, endedAt = :ended"
        if ended.failure:
            values[":failure"] = items.failure_value(ended.failure)
            changes += ", failure = :failure"
        changes += " ADD ends :one"
        key = _key(ended.cohort_id, is_dry_run=ended.is_dry_run)
        condition = "executionArn = :arn AND cohortState = :running"
        return self._table.update(key, changes, values, condition=condition) is not None


def _key(cohort_id: str, *, is_dry_run: bool) -> Item:
    return {"pk": f"COHORT#{cohort_id}", "sk": "DRYRUN" if is_dry_run else "COHORT"}


def _of_project(project: str) -> str:
    return f"{_LISTED}#{project}"


def _row(item: Mapping[str, Any]) -> CohortRow:
    return CohortRow(
        cohort_id=item["cohort"],
        execution_arn=item["executionArn"],
        state=CohortState(item["cohortState"]),
        opened_at=item["openedAt"],
        sheet=item["sheet"],
        is_dry_run=item["sk"] == "DRYRUN",
        project=item["forProject"],
        sheet_version=item.get("sheetVersion", ""),
        plan=json.loads(item.get("cohortPlan", "{}")),
        ended_at=item.get("endedAt", ""),
        failure=items.failure_of(item),
        budget_usd=item.get("budgetUsd"),
        cost_before=item.get("costBefore", Decimal(0)),
        budget_met_at=item.get("budgetMetAt", ""),
        has_held_back="heldBack" in item,
        ends=int(item.get("ends", 0)),
        created_at=item.get("startedAt", ""),
    )
