"""Disturbances of a run's events between AWS and the functions."""

import copy
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from seqstack.adapters.ledger import Ledger
from seqstack.domain.errors import TransientServiceError
from seqstack.domain.job_record import JobKey
from tests.harness.standing_clock import StandingClock

Event = dict[str, Any]
Disturbance = Callable[["Deliveries", Event], list[Event]]

_JOB_EVENT = "Batch Job State Change"


class Deliveries:
    """Replaces the bus's `intercept`: each run's events are disturbed in that run's way.

    `ledger` has the runs' jobs. `disturbed` counts, by run, the events that were changed.
    """

    def __init__(
        self, deliver: Callable[[Event], None], clock: StandingClock, ledger: Ledger
    ) -> None:
        self.disturbances: dict[str, Disturbance] = {}
        self.disturbed: Counter[str] = Counter()
        self.held: dict[str, list[Event]] = defaultdict(list)
        self._deliver = deliver
        self._clock = clock
        self._ledger = ledger
        self._late: list[threading.Thread] = []

    def intercept(self, event: Event) -> list[Event]:
        """The events to deliver for one that was published."""
        run_id = run_of(event)
        disturbance = self.disturbances.get(run_id)
        if disturbance is None:
            return [event]
        delivered = disturbance(self, event)
        if delivered != [event]:
            self.disturbed[run_id] += 1
        return delivered

    def is_recorded(self, event: Event) -> bool:
        """Whether the ledger knows the id of an event's job."""
        key = JobKey.from_parameters(event["detail"].get("parameters", {}))
        try:
            row = self._ledger.job(key) if key else None
        except TransientServiceError:  # one of the injected faults
            return False
        return row is not None and row.job_id == event["detail"]["jobId"]

    def later(self, seconds: float, event: Event) -> None:
        """Deliver an event after a while."""
        thread = self._clock.thread(
            target=self._deliver_later, args=[seconds, event], name="late-event", daemon=True
        )
        self._late.append(thread)
        thread.start()

    def wait(self) -> None:
        """Wait until every late event has been delivered."""
        self._clock.until(lambda: not any(thread.is_alive() for thread in self._late))

    def _deliver_later(self, seconds: float, event: Event) -> None:
        self._clock.event().wait(seconds)
        self._deliver(event)


def run_of(event: Event) -> str:
    """The run of an event, or None."""
    detail = event["detail"]
    if event["source"] == "aws.batch":
        return str(detail.get("parameters", {}).get("runId", ""))
    return str(detail.get("name", ""))


def is_last(event: Event) -> bool:
    """Whether it is the event of a job's end."""
    ended = event["detail"].get("status") in {"SUCCEEDED", "FAILED"}
    return event["detail-type"] == _JOB_EVENT and ended


def lose_all(_: Deliveries, event: Event) -> list[Event]:
    """Lose all events of the run's jobs."""
    return [] if event["source"] == "aws.batch" else [event]


def lose_of(step: str) -> Disturbance:
    """Lose all events of one step's jobs."""

    def disturb(_: Deliveries, event: Event) -> list[Event]:
        return [] if event["detail"].get("parameters", {}).get("step") == step else [event]

    return disturb


def lose_last(_: Deliveries, event: Event) -> list[Event]:
    """Lose the events of jobs' ends."""
    return [] if is_last(event) else [event]


def lose_end_of_run(_: Deliveries, event: Event) -> list[Event]:
    """Lose the event of the execution's end."""
    return [] if event["source"] == "aws.states" else [event]


def repeat(_: Deliveries, event: Event) -> list[Event]:
    """Deliver every event three times."""
    return [event, event, event]


def turn_round(deliveries: Deliveries, event: Event) -> list[Event]:
    """Deliver a job's events in reverse order."""
    if event["source"] != "aws.batch":
        return [event]
    job_id = event["detail"]["jobId"]
    deliveries.held[job_id].append(event)
    return deliveries.held.pop(job_id)[::-1] if is_last(event) else []


def delay_last(seconds: float) -> Disturbance:
    """Delay the end of a job until the state machine has asked Batch itself."""

    def disturb(deliveries: Deliveries, event: Event) -> list[Event]:
        if not is_last(event):
            return [event]
        deliveries.later(seconds, event)
        return []

    return disturb


def add_foreign(deliveries: Deliveries, event: Event) -> list[Event]:
    """Before each event, deliver one of another job with the same run, step and attempt.

    Until its row has its id, no event shows which of both is the run's own.
    """
    if event["source"] != "aws.batch":
        return [event]
    foreign = copy.deepcopy(event)
    foreign["detail"] |= {"jobId": str(uuid.uuid4()), "status": "FAILED"}
    unnamed = copy.deepcopy(foreign)
    unnamed["detail"]["parameters"] = {}
    return [foreign, unnamed, event] if deliveries.is_recorded(event) else [unnamed, event]
