from hypothesis import given
from hypothesis import strategies as st

from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.fair_share import Share
from emulator.engine.batch.scheduler import Grant, Waiting, admit, share_of

MACHINE = Capacity(4, 8000)
requests = st.builds(Capacity, st.integers(1, 12), st.integers(1, 20_000))
machines = st.builds(Capacity, st.integers(1, 8), st.integers(1, 10_000))
waiting_jobs = st.lists(st.tuples(st.integers(0, 3), requests), max_size=12).map(
    lambda jobs: [
        Waiting(f"job-{arrival}", priority, arrival, request)
        for arrival, (priority, request) in enumerate(jobs)
    ]
)


def waiting(job_id: str, arrival: int, vcpus: float, priority: int = 1, mib: int = 100) -> Waiting:
    return Waiting(job_id, priority, arrival, Capacity(vcpus, mib))


def of_share(
    name: str, arrival: int, share: Share, vcpus: float = 1, scheduling_priority: int = 0
) -> Waiting:
    return Waiting(name, 1, arrival, Capacity(vcpus, 100), share, scheduling_priority)


def names(grants: tuple[Grant, ...]) -> list[str]:
    return [grant.job_id for grant in grants]


def test_admit_jobs_that_fit_starts_them_in_order_of_arrival() -> None:
    jobs = [waiting("b", 2, 1), waiting("a", 1, 2), waiting("c", 3, 1)]

    assert names(admit(MACHINE, [], jobs)) == ["a", "b", "c"]


def test_admit_higher_queue_first_whatever_arrived_earlier() -> None:
    jobs = [waiting("low", 1, 4, priority=10), waiting("high", 2, 4, priority=100)]

    assert names(admit(MACHINE, [], jobs)) == ["high"]


def test_admit_job_that_does_not_fit_holds_back_smaller_ones_behind_it() -> None:
    jobs = [waiting("large", 1, 3), waiting("small", 2, 1)]

    assert names(admit(MACHINE, [Capacity(2, 100)], jobs)) == []


def test_admit_memory_counts_as_much_as_vcpus() -> None:
    jobs = [waiting("a", 1, 1, mib=5000), waiting("b", 2, 1, mib=5000)]

    assert names(admit(MACHINE, [], jobs)) == ["a"]


def test_admit_request_larger_than_the_machine_waits_until_it_is_empty() -> None:
    job = waiting("huge", 1, 64)

    assert admit(MACHINE, [Capacity(1, 1)], [job]) == ()
    assert admit(MACHINE, [], [job]) == (Grant("huge", Capacity(4, 100)),)


def test_admit_of_a_machine_whose_cpus_two_jobs_may_share_fills_them_twice_and_memory_once() -> (
    None
):
    machine = Capacity(4, 8000, jobs_per_cpu=2)
    jobs = [waiting("huge", 1, 64), waiting("a", 2, 3), waiting("b", 3, 1), waiting("c", 4, 1)]

    assert names(admit(machine, [], jobs)) == ["huge", "a", "b"]
    assert names(admit(machine, [Capacity(1, 7950)], jobs)) == []


def test_share_of_request_too_large_in_memory_alone_is_the_whole_machine() -> None:
    assert share_of(MACHINE, Capacity(1, 9000)) == MACHINE


def test_share_of_request_that_fits_is_itself() -> None:
    assert share_of(MACHINE, MACHINE) == MACHINE
    assert share_of(MACHINE, Capacity(1, 10)) == Capacity(1, 10)


A, B = Share("high", "a"), Share("high", "b")


def test_admit_shares_take_turns_in_order_of_arrival() -> None:
    jobs = [of_share("a1", 1, A), of_share("b", 2, B), of_share("a2", 3, A)]

    assert names(admit(MACHINE, [], jobs)) == ["a1", "b", "a2"]


def test_admit_within_a_share_a_higher_scheduling_priority_goes_first() -> None:
    jobs = [
        of_share("align1", 1, A, scheduling_priority=0),
        of_share("align2", 2, A, scheduling_priority=0),
        of_share("call", 3, A, scheduling_priority=1),
    ]

    assert names(admit(MACHINE, [], jobs)) == ["call", "align1", "align2"]


def test_admit_scheduling_priority_counts_for_nothing_between_shares() -> None:
    jobs = [of_share("a", 1, A), of_share("b", 2, B, scheduling_priority=9999)]

    assert names(admit(MACHINE, [], jobs)) == ["a", "b"]


def test_admit_queue_of_higher_priority_goes_before_any_share_of_another() -> None:
    jobs = [
        Waiting("low", 10, 1, Capacity(3, 100), Share("low", "lab"), 9999),
        Waiting("high", 100, 2, Capacity(3, 100), Share("high", "lab")),
    ]

    assert names(admit(MACHINE, [], jobs)) == ["high"]


def test_admit_job_whose_turn_it_is_holds_back_other_shares_until_it_fits() -> None:
    jobs = [of_share("large", 1, A, vcpus=4), of_share("small", 2, B)]

    assert names(admit(MACHINE, [Capacity(1, 100)], jobs)) == []


@given(machines, waiting_jobs, st.data())
def test_admit_never_gives_more_than_the_machine_has(
    machine: Capacity, jobs: list[Waiting], data: st.DataObject
) -> None:
    first = admit(machine, [], jobs)
    still_running = data.draw(st.sets(st.sampled_from(first))) if first else set()
    started = set(names(first))

    held = [grant.share for grant in still_running]
    second = admit(machine, held, [job for job in jobs if job.job_id not in started])

    for shares in ([grant.share for grant in first], [*held, *(each.share for each in second)]):
        assert sum(share.vcpus for share in shares) <= machine.vcpus
        assert sum(share.memory_mib for share in shares) <= machine.memory_mib


@given(machines, waiting_jobs)
def test_admit_starts_a_prefix_of_the_order(machine: Capacity, jobs: list[Waiting]) -> None:
    order = sorted(jobs, key=lambda job: (-job.queue_priority, job.arrival))

    started = names(admit(machine, [], jobs))

    assert started == [job.job_id for job in order[: len(started)]]


@given(machines, waiting_jobs)
def test_admit_on_an_empty_machine_always_starts_something(
    machine: Capacity, jobs: list[Waiting]
) -> None:
    assert bool(admit(machine, [], jobs)) == bool(jobs)


@given(machines, waiting_jobs)
def test_admit_again_after_every_end_starts_each_job_once(
    machine: Capacity, jobs: list[Waiting]
) -> None:
    queue = list(jobs)
    held: list[Grant] = []
    seen: list[str] = []
    while queue or held:
        grants = admit(machine, [grant.share for grant in held], queue)
        seen += names(grants)
        queue = [job for job in queue if job.job_id not in seen]
        held = [*held, *grants][1:]  # the oldest ends

    assert sorted(seen) == sorted(job.job_id for job in jobs)
