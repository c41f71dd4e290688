"""Use cases with their AWS adapters, as the functions need them."""

import time
from functools import partial

from seqstack.adapters import settings
from seqstack.adapters.batch import Batch
from seqstack.adapters.ec2 import Market, describe_host
from seqstack.adapters.executions import RunExecutions, count_executions
from seqstack.adapters.job_logs import last_log_lines
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.notifications import EventBus, NotificationTopic
from seqstack.adapters.price_cache import PriceCache
from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.cost.table import packaged_table
from seqstack.use_cases.account_job import Accountant
from seqstack.use_cases.account_runs import RunAccountant
from seqstack.use_cases.notify_run_end import Notifier
from seqstack.use_cases.ports import NotificationLedger
from seqstack.use_cases.price_host import Prices


def accountant(ledger_table: str, job_log_group: str) -> Accountant:
    """An accountant at this moment."""
    now = time.time()
    return Accountant(
        Ledger(ledger_table),
        describe_host,
        Prices(PriceCache(ledger_table), Market(), packaged_table(), now=int(now * 1000)),
        partial(last_log_lines, job_log_group),
        now=int(now),
    )


def run_accountant(ledger_table: str, job_log_group: str) -> RunAccountant:
    """A run_accountant at this moment."""
    return RunAccountant(
        Ledger(ledger_table),
        accountant(ledger_table, job_log_group),
        Batch().detail,
        count_executions,
    )


def notifier(ledger: NotificationLedger) -> Notifier:
    """The notifier over `ledger`."""
    executions = RunExecutions(settings.run_state_machine())

    def find_identity(run_id: str) -> RunIdentity:
        execution = executions.find(run_id)
        return RunIdentity.of(execution.document) if execution else RunIdentity()

    return Notifier(
        ledger,
        NotificationTopic(settings.run_ends_topic()),
        EventBus(),
        find_identity,
        settings.environment(),
    )
