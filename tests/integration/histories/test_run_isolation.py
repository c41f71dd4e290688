"""Random histories of many runs over one folder: no run ever reads or lists another's results.

The functions' own handlers, and jobkit's own course of a job (`containers`), over a bucket that
knows which reads every byte was made of. Runs start, stop, go on and wait for each other; jobs that
were stopped continue to write; events arrive late or never; people restore what other runs have
written. `World.check` judges after every rule.

A check that can't fail protects nothing. So each protection is taken away in turn
(`PROTECTIONS`), and then the histories must find a run that reads or lists another's bytes, a
folder in which two works go on, or a run that is refused for nobody's sake. Which they are,
and what came of each, stands in docs/security.md, too.

`HISTORIES` sets how many are played, as in `test_histories`.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobkit.produced import Produced
from seqstack.adapters import object_identity
from seqstack.domain.manifest import StoredObject
from seqstack.domain.provenance import Provenance
from seqstack.domain.words import RunState
from seqstack.domain.written_objects import ObjectState, WrittenObject
from seqstack.use_cases import hold_results, step_memory, submit_job
from tests.integration.histories.batch import ENDS, Job
from tests.integration.histories.settling import settle
from tests.integration.histories.workflow import At, RunExecution
from tests.integration.histories.world import World, first_of
from tests.support.fakes import FakeLedger

HISTORIES = int(os.environ.get("HISTORIES", "60"))
LENGTH = 30
MOST_RUNS = 5
MOST_REDRIVES = 2
MOST_HISTORIES_TO_FIND_A_FAULT = 400
SAMPLE = "sample"
READS = ("reads-0", "reads-1")
FOLDERS = ("/", "/bam/", "/vcf/", "/provenance/")

which = st.integers(0, 7)
mostly = st.sampled_from([True, True, False])
meddling = st.sampled_from(["", "", "/", *FOLDERS])


def one_of[T](choices: list[T], number: int) -> T:
    """One of several, by a number that may be larger."""
    return choices[number % len(choices)]


class OneFolder(RuleBasedStateMachine):
    """Runs of one sample, from two pairs of FASTQ files, with events in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(FakeLedger())

    @initialize(rounds=st.integers(0, 2))
    def one_run_is_done_and_another_goes_on(self, rounds: int) -> None:
        self.a_run_starts(0)
        self.all_goes_well(30)
        self.a_run_starts(1)
        self.all_goes_well(rounds)

    @precondition(lambda self: len(self.runs) < MOST_RUNS)
    @rule(number=which)
    def a_run_starts(self, number: int) -> None:
        self.world.start_run(SAMPLE, one_of([*READS], number))
        run = self.runs[-1]
        while run.at in {At.VALIDATE, At.RECORD}:
            self.world.act(run)

    @rule(steps=st.integers(1, 2))
    def all_goes_well(self, steps: int) -> None:
        for _ in range(steps):
            for execution in self.world.ready:
                if execution in self.world.ready:
                    self.world.act(execution)
            for job in self.world.batch.open:
                self.world.batch.finish(job, ENDS["succeeds"])
            self._deliver_all()

    @precondition(lambda self: self.world.ready)
    @rule(number=which)
    def an_execution_goes_on(self, number: int) -> None:
        self.world.act(one_of(self.world.ready, number))

    @precondition(lambda self: self.world.batch.open or self.world.ready)
    @rule(number=which, before=meddling, is_done=mostly, after=meddling, is_heard=mostly)
    def a_job_works(
        self, number: int, before: str, is_done: bool, after: str, is_heard: bool
    ) -> None:
        """It starts and reads, or ends; objects may be overwritten before or after."""
        if self.world.ready:
            self.world.act(one_of(self.world.ready, number))
        if not self.world.batch.open:
            return
        job = one_of(self.world.batch.open, number)
        others = next(reads for reads in READS if reads != self._run_of(job).reads)
        self._put_back(before, others)
        while job.detail["status"] != "RUNNING" and job.is_open:
            self.world.batch.move(job, ENDS["succeeds"])
        if is_done:
            self.world.batch.finish(job, ENDS["succeeds"])
        self._put_back(after, others)
        self.world.collect_events()
        if is_heard:
            self._deliver_all()

    @precondition(lambda self: self.world.batch.open or self.world.ready)
    @rule(number=which, folder=st.sampled_from(["/", "/", *FOLDERS]))
    def somebody_puts_back_what_others_wrote_before_a_job_is_heard_of(
        self, number: int, folder: str
    ) -> None:
        self.a_job_works(number=number, before="", is_done=True, after=folder, is_heard=True)

    @precondition(lambda self: self._told_to_end)
    @rule(number=which, puts=st.integers(1, 8))
    def a_job_that_was_told_to_end_writes_on(self, number: int, puts: int) -> None:
        self.world.batch.write_on(one_of(self._told_to_end, number), puts)

    @precondition(lambda self: self.world.deliveries)
    @rule(number=which)
    def an_event_arrives(self, number: int) -> None:
        self.world.deliver(self.world.deliveries.pop(number % len(self.world.deliveries)))

    @rule()
    def all_events_arrive(self) -> None:
        self._deliver_all()

    @precondition(lambda self: self.world.deliveries)
    @rule()
    def all_events_are_lost(self) -> None:
        self.world.deliveries.clear()

    @precondition(lambda self: self.world.waiting)
    @rule()
    def waits_run_out(self) -> None:
        for step in self.world.waiting:
            step.go(At.ASK)

    @precondition(lambda self: self._going_on)
    @rule(number=which)
    def a_run_is_stopped(self, number: int) -> None:
        one_of(self._going_on, number).end(RunState.ABORTED)

    @precondition(lambda self: self._redrivable)
    @rule(number=which)
    def a_run_is_redriven(self, number: int) -> None:
        one_of(self._redrivable, number).start_again()
        self.world.advance()

    @rule()
    def a_sweep_comes(self) -> None:
        self.world.invoke("sweep_runs", {})
        self.world.advance()

    @precondition(lambda self: self.world.batch.bucket.results)
    @rule(number=which)
    def somebody_overwrites_a_result(self, number: int) -> None:
        bucket = self.world.batch.bucket
        bucket.replace_by_hand(one_of(bucket.results, number))

    @rule(folder=st.sampled_from(FOLDERS), reads=st.sampled_from(READS))
    def somebody_puts_back_what_was_made_of(self, reads: str, folder: str) -> None:
        self._put_back(folder, reads)

    @property
    def runs(self) -> list[RunExecution]:
        return [*self.world.executions.runs.values()]

    @property
    def _going_on(self) -> list[RunExecution]:
        return [run for run in self.runs if not run.status.is_terminal]

    @property
    def _redrivable(self) -> list[RunExecution]:
        return [
            run
            for run in self.runs
            if run.status.is_terminal
            and run.status is not RunState.SUCCEEDED
            and run.steps
            and run.redrive < MOST_REDRIVES
        ]

    @property
    def _told_to_end(self) -> list[Job]:
        return [job for job in self.world.batch.open if job.is_told_to_end]

    def _run_of(self, job: Job) -> RunExecution:
        return self.world.executions.runs[job.key.run_id]

    def _put_back(self, folder: str, reads: str) -> None:
        """Bring back what runs of these reads have written there; nothing if no folder is named."""
        if folder:
            self.world.batch.bucket.put_back(folder, first_of(reads))

    def _deliver_all(self) -> None:
        self.world.collect_events()
        while self.world.deliveries:
            self.world.deliver(self.world.deliveries.pop(0))

    @invariant()
    def no_run_reads_or_lists_anothers_bytes(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        self.world.close()


class OneFolderToTheEnd(OneFolder):
    """The same, and then every run ends: none waits or is refused for ever."""

    def teardown(self) -> None:
        try:
            settle(self.world, are_events_lost=False)
        finally:
            self.world.close()


def play(histories: int, machine: type[OneFolder], *phases: Phase) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=LENGTH,
            deadline=None,
            derandomize=bool(phases) or "HISTORIES" not in os.environ,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            **({"phases": phases} if phases else {}),
        ),
    )


def test_histories_of_many_runs_over_one_folder_mix_no_bytes() -> None:
    play(HISTORIES, OneFolderToTheEnd)


@dataclass(frozen=True)
class Protection:
    """What keeps runs apart: `name` of `owner`, and what stands there once it is taken away.

    `found` is how the histories put what they find then. `behind` is what keeps runs apart, too,
    and would still help.
    """

    owner: Any
    name: str
    without: Callable[[Any], Any]
    found: str
    behind: "Protection | None" = None

    def take_away(self, until: ExitStack) -> None:
        without = self.without(getattr(self.owner, self.name))
        is_classmethod = self.owner in {Provenance, Produced}
        replaced = staticmethod(without) if is_classmethod else without
        until.enter_context(patch.object(self.owner, self.name, replaced))
        if self.behind:
            self.behind.take_away(until)


def _whoevers(parse: Any) -> Any:
    """Provenance that matches every job, as for code that does not compare the id."""

    class Whoevers(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, _other: object) -> bool:
            return True

        def __ne__(self, _other: object) -> bool:
            return False

    def parsed(text: bytes) -> Provenance:
        said: Provenance = parse(text)
        return replace(said, job_id=Whoevers(said.job_id))

    return parsed


def _untold(read: Any) -> Any:
    return lambda path, step, uri, _told=None: read(path, step, uri)


def _never_ending(_: Any) -> Any:
    def holder(seen: Any, run: Any, ledger: Any) -> Any:
        return ledger.run(seen.run_id) if seen and seen.run_id != run.run_id else None

    return holder


def _without_versions(complete: Any) -> Any:
    def complete_step(self: Any, key: Any, written: Any, *more: Any) -> Any:
        return complete(self, key, [replace(item, version_id="") for item in written], *more)

    return complete_step


def _whatever_lies_there(_: Any) -> Any:
    def look(stored: StoredObject) -> WrittenObject:
        found = object_identity._head_or_problem(stored.uri)
        assert isinstance(found, StoredObject)
        return WrittenObject(found, ObjectState.CURRENT)

    return look


def _always(answer: Any) -> Callable[[Any], Any]:
    return lambda _: lambda *_: answer


def _first_argument(_: Any) -> Any:
    return lambda first, *_: first


def _blind_key(_: Any) -> Any:
    return lambda plan, _found: str((plan.tool, plan.outputs))


_LISTS = r"^run-\d lists s3://.* of s3://.*_1.fastq.gz"
_READ = r"has read what was made of s3://.*_1.fastq.gz"
PROTECTIONS = {
    "the provenance names the job of this run": Protection(Provenance, "parse", _whoevers, _LISTS),
    "a job is told what its run has written": Protection(
        submit_job, "told_of_earlier", _first_argument, _READ
    ),
    "a job compares what it was told": Protection(Produced, "read", _untold, _READ),
    "a run takes a claim": Protection(
        FakeLedger,
        "claim",
        _always(None),
        "have jobs at one time in",
        Protection(FakeLedger, "take_claim", _always(True), ""),
    ),
    "other work may not enter a claimed folder": Protection(
        hold_results, "_require_same_work", _always(None), "came in beside"
    ),
    "the end of a run ends its claim": Protection(
        hold_results, "_holder", _never_ending, "and it has ended|executions do not end"
    ),
    "a step is reused for the same inputs only": Protection(
        step_memory, "step_key", _blind_key, _LISTS
    ),
    "outputs have their versions": Protection(
        FakeLedger, "complete_step", _without_versions, "without its version|as gone"
    ),
    "a version is listed for the bytes that the run wrote": Protection(
        object_identity, "_look_at_written", _whatever_lies_there, f"{_LISTS}|lists .* of nobody's"
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", PROTECTIONS)
def test_histories_find_out_that_a_protection_is_missing(name: str) -> None:
    with ExitStack() as until:
        PROTECTIONS[name].take_away(until)
        with pytest.raises(AssertionError, match=PROTECTIONS[name].found):
            play(MOST_HISTORIES_TO_FIND_A_FAULT, OneFolderToTheEnd, Phase.generate)
