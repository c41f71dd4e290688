"""The announcer of ends, as the stack has it."""

from seqstack.adapters import settings
from seqstack.adapters.end_topic import EndTopic
from seqstack.adapters.event_bus import EventBus
from seqstack.adapters.run_executions import RunExecutions
from seqstack.domain.ends import RunIdentity
from seqstack.use_cases.announce_end import Announcer
from seqstack.use_cases.ports import EndLedger


def announcer(ledger: EndLedger) -> Announcer:
    """The announcer over `ledger`."""
    executions = RunExecutions(settings.state_machines(), ledger)

    def find_identity(run_id: str) -> RunIdentity:
        execution = executions.find(run_id)
        return RunIdentity.of(execution.document) if execution else RunIdentity()

    return Announcer(
        ledger,
        EndTopic(settings.run_ends_topic()),
        EventBus(),
        find_identity,
        settings.environment(),
    )
