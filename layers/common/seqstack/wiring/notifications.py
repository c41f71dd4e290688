"""The notifier of `notify_run_end` and `sweep_runs`."""

from collections.abc import Mapping
from dataclasses import dataclass

from seqstack.adapters.executions import Executions
from seqstack.adapters.notifications import EventBus, NotificationTopic
from seqstack.adapters.settings import FunctionSettings, state_machine_arns
from seqstack.domain.cohorts import RunIdentity
from seqstack.use_cases.notify_run_end import Notifier
from seqstack.use_cases.ports import NotificationLedger


@dataclass(frozen=True, kw_only=True)
class NotifierSettings(FunctionSettings):
    """The variables that a notifier needs."""

    run_ends_topic: str
    state_machines: Mapping[str, str] = state_machine_arns()


def notifier(settings: NotifierSettings, ledger: NotificationLedger) -> Notifier:
    """The notifier over `ledger`."""
    executions = Executions(ledger, settings.state_machines)

    def find_identity(run_id: str) -> RunIdentity:
        execution = executions.find(run_id)
        return RunIdentity.of(execution.document) if execution else RunIdentity()

    return Notifier(
        ledger,
        NotificationTopic(settings.run_ends_topic),
        EventBus(),
        find_identity,
        settings.environment,
    )
