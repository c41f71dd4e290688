"""Find ends that nobody was told of, because the event of the end, or who heard it, was lost."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seqstack.domain.ends import end_of
from seqstack.domain.notices import EndId, EndKind, Notice
from seqstack.domain.records import RunHistory, utc_text
from seqstack.use_cases.notify_run_end import Announcer, Told

_FOR_ITS_EVENT = timedelta(minutes=15)  # with Lambda's two repeats of a call that fails
NOBODY_KNOWS = "unknown"


@dataclass(slots=True)
class EndSweep:
    """One sweep's look at ends.

    `told` were told late, by this sweep. `unsure` were taken on by a call that died: the message
    may be out or not, and it is not sent again.
    """

    announcer: Announcer
    now: datetime
    told: int = 0
    unsure: list[EndId] = field(default_factory=list)
    _cohorts: set[str] = field(default_factory=set)

    def look_at(self, history: RunHistory) -> None:
        """Tell of a run's end if nobody has; note its cohort."""
        run = history.run
        if not run.state.is_terminal:
            return
        if run.cohort_id:
            self._cohorts.add(run.cohort_id)
        end = end_of(run)
        notice = next((one for one in history.notices if one.end == end), None)
        if notice is not None and not notice.is_open:
            self._check(notice)
        elif run.ended_at < self._a_while_ago:
            self._count(end, self.announcer.run_ended(run, self.now))

    def look_at_cohorts(self) -> None:
        """Tell of the end of every cohort that had a run among those looked at."""
        for cohort_id in sorted(self._cohorts):
            end = EndId(EndKind.COHORT, cohort_id)
            notice = self.announcer.ledger.notice(end)
            if notice is not None and not notice.is_open:
                self._check(notice)
            else:
                self._count(end, self.announcer.cohort_ended(cohort_id, self.now))

    @property
    def _a_while_ago(self) -> str:
        return utc_text(self.now - _FOR_ITS_EVENT)

    def _check(self, notice: Notice) -> None:
        """Notice a claim whose holder must be dead by now, once."""
        if not notice.message_id and notice.claimed_at < self._a_while_ago:
            self.announcer.ledger.confirm_notice(notice.end, NOBODY_KNOWS)
            self.unsure.append(notice.end)

    def _count(self, end: EndId, told: Told) -> None:
        self.told += told is Told.SENT
        if told is Told.UNSURE:
            self.announcer.ledger.confirm_notice(end, NOBODY_KNOWS)
            self.unsure.append(end)
