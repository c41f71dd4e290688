"""Tell of an end: by one message to people, and by an event to programs.

Whoever writes the end's row first is the one who publishes the message; nobody does it a second
time. A caller that dies between both leaves a row without a message: whether the message is out
then nobody can know, since Amazon SNS can't be asked and takes no key by which it would tell two
messages apart for e-mail. It is not sent again, and `catch_up_ends` says so after a while.

The event is put before, so that none is lost; one that was put by a caller who then died comes
twice, with the same `endId`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from seqstack.domain.end_message import EndMessage, cohort_message, run_message
from seqstack.domain.ends import CohortEnd, cohort_end, end_of
from seqstack.domain.errors import MessageRefusedError
from seqstack.domain.notices import EndId, EndKind
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.use_cases.ports import EndLedger, EventBus, FindIdentity, Topic

_NEWEST = 10


class Told(StrEnum):
    """What became of the wish to tell of an end."""

    SENT = "sent"
    UNSURE = "perhaps sent"
    KNOWN = "told already, or somebody is about to"
    NOTHING = "nothing has ended"


@dataclass(frozen=True, slots=True)
class Announcer:
    """Everything that telling takes. `find_identity` knows the sample of a run that was refused."""

    ledger: EndLedger
    topic: Topic
    bus: EventBus
    find_identity: FindIdentity
    environment: str

    def run_ended(self, ended: RunRow, now: datetime) -> Told:
        """Tell of a run's end; `ended` is the run as its execution ended.

        The ledger knows better where it knows of the same end or of a later one. A run that goes
        on again has its next end before it.

        Raises:
            MessageRefusedError: the message was surely not sent; the next caller may try.
            TransientServiceError: AWS could not answer now.
        """
        run = self.ledger.run(ended.run_id)
        if not run.state.is_terminal:
            return Told.NOTHING
        if run.redrive < ended.redrive:  # it ended again before a step could open the row
            run = replace(
                run, state=ended.state, ended_at=ended.ended_at, failure=ended.failure,
                redrive=ended.redrive,
            )  # fmt: skip
        run = self._identified(run)
        return self._tell(end_of(run), lambda: run_message(run, self.environment), now)

    def cohort_ended(self, cohort_id: str, now: datetime) -> Told:
        """Tell of a cohort's end, if it has one by now; raises what `run_ended` raises."""
        end = EndId(EndKind.COHORT, cohort_id)
        if self._is_told(end):
            return Told.KNOWN
        cohort = self._look_at(cohort_id)
        if cohort is None:
            return Told.NOTHING
        return self._tell(end, lambda: cohort_message(cohort, self.environment), now)

    def _identified(self, run: RunRow) -> RunRow:
        """The run with its sample and cohort, also where validation never came to write them."""
        if run.sample_id or run.subject:
            return run
        identity = self.find_identity(run.run_id)
        self.ledger.identify_run(run.run_id, identity)
        return replace(
            run,
            sample_id=identity.sample_id,
            cohort_id=identity.cohort_id,
            cohort_size=identity.cohort_size,
            project=identity.project,
        )

    def _look_at(self, cohort_id: str) -> CohortEnd | None:
        """The cohort's end as the table knows it; the index may not know of the last ends yet.

        While a cohort goes on, one of its newest runs does: the others need not be read.
        """
        newest = self.ledger.newest_runs(RunFilter(cohort_id=cohort_id), Cursor(), _NEWEST)
        if not all(self._as_it_is(run).state.is_terminal for run in newest):
            return None
        runs = self.ledger.runs_of_cohort(cohort_id)
        return cohort_end(cohort_id, map(self._as_it_is, runs))

    def _as_it_is(self, run: RunRow) -> RunRow:
        return run if run.state.is_terminal else self.ledger.run(run.run_id)

    def _is_told(self, end: EndId) -> bool:
        notice = self.ledger.notice(end)
        return notice is not None and not notice.is_open

    def _tell(self, end: EndId, compose: Callable[[], EndMessage], now: datetime) -> Told:
        if self._is_told(end):
            return Told.KNOWN
        message = compose()
        self.bus.put(message)
        if not self.ledger.claim_notice(end, utc_text(now)):
            return Told.KNOWN
        try:
            message_id = self.topic.publish(message)
        except MessageRefusedError:
            self.ledger.release_notice(end, utc_text(now))
            raise
        if not message_id:
            return Told.UNSURE
        self.ledger.confirm_notice(end, message_id)
        return Told.SENT
