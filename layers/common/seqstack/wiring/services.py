"""The adapters that most functions share, created once for each invocation."""

from functools import cached_property, lru_cache, partial

from aws_lambda_powertools import Logger

from seqstack.adapters.batch import Batch
from seqstack.adapters.job_logs import last_log_lines
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.metrics import Metrics
from seqstack.adapters.object_identity import read_provenance, stored_objects
from seqstack.adapters.objects import may_expire
from seqstack.adapters.settings import FunctionSettings
from seqstack.adapters.step_cache import StepCache
from seqstack.adapters.task_tokens import TaskTokens
from seqstack.domain.records import JobRow, RunHistory
from seqstack.use_cases.ports import ReadLog, Remember
from seqstack.use_cases.step_memory import StepMemory


class Services:
    """Creates each adapter at first use; nothing here calls AWS."""

    def __init__(self, settings: FunctionSettings) -> None:
        self._settings = settings

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger."""
        return Ledger(self._settings.ledger_table)

    @cached_property
    def batch(self) -> Batch:
        """AWS Batch."""
        return Batch(self._settings.environment)

    @cached_property
    def tokens(self) -> TaskTokens:
        """The task tokens of the state machines."""
        return TaskTokens()

    @cached_property
    def metrics(self) -> Metrics:
        """The stack's metrics."""
        return Metrics(self._settings.environment)

    @cached_property
    def step_memory(self) -> StepMemory:
        """The results of finished steps."""
        cache = StepCache(self._settings.ledger_table)
        # a job's provenance is read for its step's end, and again to remember it
        read = lru_cache(maxsize=1)(read_provenance)
        return StepMemory(stored_objects, may_expire, read, cache, self.ledger.note_tool_versions)

    def remembering(self, logger: Logger) -> Remember:
        """Caches a job's outputs for reuse if possible, and logs the outcome."""

        def remember(job: JobRow, history: RunHistory) -> None:
            outcome = self.step_memory.remember(job, history)
            logger.info("Outputs considered for reuse", outcome=outcome)

        return remember


def log_reader(job_log_group: str) -> ReadLog:
    """Reads the last lines of a job's log."""
    return partial(last_log_lines, job_log_group)
