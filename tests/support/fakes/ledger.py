"""The ledger in memory."""

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.notifications import NotificationKind
from seqstack.domain.records import RunHistory
from tests.support.fakes.ledger_costs import FakeCosts
from tests.support.fakes.ledger_jobs import FakeJobs
from tests.support.fakes.ledger_runs import FakeRuns
from tests.support.fakes.ledger_steps import FakeSteps


class FakeLedger(FakeRuns, FakeSteps, FakeJobs, FakeCosts):
    """The whole ledger.

    It passes the same contract tests as the ledger in DynamoDB
    (tests/integration/ledger/test_contract_*.py).
    """

    def history(self, run_id: str) -> RunHistory:
        if run_id not in self.runs:
            raise UnknownRunError(run_id)
        steps = [row for (run, _), row in self.steps.items() if run == run_id]
        steps.sort(key=lambda row: row.plan.position)
        order = {row.step: row.plan.position for row in steps}
        jobs = [row for key, row in self.jobs.items() if key.run_id == run_id]
        return RunHistory(
            self.runs[run_id],
            tuple(steps),
            tuple(sorted(jobs, key=lambda row: (order.get(row.key.step, 99), row.key.attempt))),
            tuple(
                notification
                for end, notification in self.notifications.items()
                if end.kind is NotificationKind.RUN and end.name == run_id
            ),
        )
