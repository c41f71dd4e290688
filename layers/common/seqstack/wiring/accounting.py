"""The accountants of `account_job` and `account_runs`."""

from dataclasses import dataclass

from seqstack.adapters.ec2 import describe_host
from seqstack.adapters.executions import count_executions
from seqstack.adapters.settings import FunctionSettings
from seqstack.use_cases.account_job import Accountant
from seqstack.use_cases.account_runs import RunAccountant
from seqstack.wiring.prices import prices_of
from seqstack.wiring.services import Services, log_reader


@dataclass(frozen=True, kw_only=True)
class AccountingSettings(FunctionSettings):
    """The variables of both functions."""

    job_log_group: str


def job_accountant(settings: AccountingSettings) -> Accountant:
    """The accountant of jobs, with the present time."""
    prices = prices_of(settings)
    return Accountant(
        Services(settings).ledger,
        describe_host,
        prices,
        log_reader(settings.job_log_group),
        now=prices.now // 1000,
    )


def run_accountant(settings: AccountingSettings) -> RunAccountant:
    """The accountant of runs, with the present time."""
    services = Services(settings)
    return RunAccountant(
        services.ledger, job_accountant(settings), services.batch.detail, count_executions
    )
