"""Hosts, and the accounts of jobs, steps and runs."""

from dataclasses import replace
from decimal import Decimal

from seqstack.domain.cost.account import JobAccount
from seqstack.domain.cost.hosts import Host
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.table import packaged_table
from seqstack.domain.cost.totals import Cost
from seqstack.domain.job_record import JobKey
from tests.support.fakes.ledger_rows import LedgerRows


class FakeCosts(LedgerRows):
    """As `seqstack.adapters.ledger_costs.CostRows`."""

    def host(self, container_instance: str) -> Host | None:
        return self.hosts.get(container_instance)

    def keep_host(self, container_instance: str, host: Host, expires_at: int) -> None:
        known = self.hosts.get(container_instance)
        if known is None or known.purchase_option is None:
            self.hosts[container_instance] = host

    def record_account(
        self, key: JobKey, account: JobAccount, known: JobAccount | None, cohort_id: str = ""
    ) -> bool:
        del cohort_id  # the fake has no cohorts
        job = self.jobs.get(key)
        if job is None or job.account != known:
            return False
        added = account.cost - (known.cost if known else Cost())
        self.jobs[key] = replace(job, account=account)
        step = self.steps[key.run_id, key.step]
        self.steps[key.run_id, key.step] = replace(step, cost=(step.cost or Cost()) + added)
        run = self.runs[key.run_id]
        by_step = {**run.cost_by_step}
        by_step[key.step] = by_step.get(key.step, Decimal(0)) + added.usd
        total = (run.cost or Cost()) + added
        self.runs[key.run_id] = replace(run, cost=total, cost_by_step=by_step)
        return True

    def meet_budget(self, cohort_id: str, now: str) -> bool:
        del cohort_id, now
        return False

    def record_orchestration(self, run_id: str, counted: Orchestration) -> bool:
        run, prices = self.runs[run_id], packaged_table().services
        if run.orchestration == counted:
            return False
        before = run.orchestration.usd(prices) if run.orchestration else 0
        cost = (run.cost or Cost()) + Cost(counted.usd(prices) - before)
        self.runs[run_id] = replace(run, orchestration=counted, cost=cost)
        return True
