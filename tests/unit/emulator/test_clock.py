"""The clock that stands still: when time passes by it, and when it must not."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from emulator.engine.clock import REAL_CLOCK
from tests.harness.standing_clock import NothingHappensError, StandingClock


def waiter(clock: StandingClock, seconds: float, woken: list[float]) -> threading.Thread:
    """A thread that waits for so long, and then notes the time."""

    def wait() -> None:
        clock.event().wait(seconds)
        woken.append(clock.monotonic())

    thread = clock.thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_no_time_passes_by_itself() -> None:
    clock = StandingClock()
    woken: list[float] = []
    waiter(clock, 0.001, woken)
    clock.settle()
    assert (clock.monotonic(), woken) == (0, [])


def test_advance_wakes_those_whose_time_has_come_and_no_others() -> None:
    clock = StandingClock()
    woken: list[float] = []
    for seconds in (10, 20, 30):
        waiter(clock, seconds, woken)
    clock.settle()

    clock.advance(20)

    clock.settle()
    assert woken == [20, 20]


def test_until_goes_from_one_moment_to_the_next_as_far_as_it_must() -> None:
    clock = StandingClock()
    woken: list[float] = []
    for seconds in (86400, 3600, 7200):
        waiter(clock, seconds, woken)

    assert clock.until(lambda: len(woken) >= 2)

    assert woken == [3600, 7200]
    assert clock.monotonic() == 7200


def test_until_lets_no_time_pass_while_anybody_works() -> None:
    clock = StandingClock()
    woken: list[float] = []
    working, may_end = threading.Event(), threading.Event()
    ended_at: list[float] = []

    def work() -> None:
        working.set()
        may_end.wait()
        ended_at.append(clock.monotonic())

    clock.thread(target=work, daemon=True).start()
    waiter(clock, 1, woken)
    working.wait()
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:  # twice it has been seen that nothing has come
            may_end.set()
        return bool(woken)

    assert clock.until(look)
    assert ended_at == [0]
    assert woken == [1]


def test_who_is_woken_counts_as_working_before_who_wakes_it_rests() -> None:
    """A long chain, each link of which wakes the next and ends: no gap lets the limit pass."""
    clock = StandingClock()
    events = [clock.event() for _ in range(200)]
    in_time: list[bool] = []

    def link(number: int) -> None:
        in_time.append(events[number].wait(5))
        if number + 1 < len(events):
            events[number + 1].set()

    for number in range(len(events)):
        clock.thread(target=link, args=[number], daemon=True).start()
    clock.settle()
    with clock.working():
        events[0].set()

    clock.until(lambda: len(in_time) == len(events))

    assert all(in_time)
    assert clock.monotonic() == 0


def test_work_that_is_handed_over_counts_before_anybody_takes_it() -> None:
    clock = StandingClock()
    clock.hand_over()
    woken: list[float] = []
    waiter(clock, 1, woken)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(clock.until, lambda: woken)

        def take() -> None:
            with clock.taking():
                assert not woken

        threading.Thread(target=take).start()
        assert waiting.result() == [1]


def test_what_cannot_come_is_reported_at_once_instead_of_waited_for() -> None:
    clock = StandingClock()
    clock.thread(target=clock.event().wait, daemon=True).start()
    with pytest.raises(NothingHappensError, match="last seen: 0"):
        clock.until(lambda: 0)


def test_time_passes_only_when_none_of_several_waiters_sees_what_it_waits_for() -> None:
    clock = StandingClock()
    woken: list[float] = []
    waiter(clock, 60, woken)
    seen_by_the_other: list[float] = []

    def see_and_act() -> None:
        with clock.working():
            clock.until(lambda: True)
            seen_by_the_other.append(clock.monotonic())

    with ThreadPoolExecutor() as pool, clock.working():
        acting = pool.submit(see_and_act)
        acting.result()
        clock.until(lambda: woken)
    assert seen_by_the_other == [0]
    assert woken == [60]


def test_event_that_was_set_is_distinguished_from_one_whose_time_is_over() -> None:
    clock = StandingClock()
    event = clock.event()
    told: list[bool] = []
    thread = clock.thread(target=lambda: told.append(event.wait(5)), daemon=True)
    thread.start()
    clock.until(lambda: told)
    event.set()
    assert told == [False]
    assert event.wait(0)
    event.clear()
    assert not event.wait(0)


def test_join_goes_by_the_clock() -> None:
    clock = StandingClock()
    may_end = clock.event()
    long_one = clock.thread(target=may_end.wait, daemon=True)
    long_one.start()
    alive: list[bool] = []

    def wait_for_it() -> None:
        long_one.join(30)
        alive.append(long_one.is_alive())
        may_end.set()
        long_one.join()
        alive.append(long_one.is_alive())

    clock.thread(target=wait_for_it, daemon=True).start()
    clock.until(lambda: len(alive) == 2)
    assert alive == [True, False]
    assert clock.monotonic() == 30


def test_clock_runs_as_the_machines_where_it_is_let() -> None:
    clock = StandingClock()
    event = clock.event()
    with clock.running():
        assert not event.wait(0.01)
    stood_at = clock.monotonic()
    assert stood_at >= 0.01
    assert clock.time() - time.time() == pytest.approx(stood_at, abs=5)


def test_real_clock_waits_by_the_machines_time() -> None:
    before = REAL_CLOCK.monotonic()
    with REAL_CLOCK.working():
        assert not REAL_CLOCK.event().wait(0.01)
    assert REAL_CLOCK.monotonic() - before >= 0.01
