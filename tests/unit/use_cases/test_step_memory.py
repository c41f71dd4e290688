"""A result is cached and reused only if its objects in S3 are unchanged."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from seqstack.domain.errors import ResultsReplacedError
from seqstack.domain.fingerprint import step_key
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import Manifest, StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.provenance import Provenance
from seqstack.domain.records import JobRow, RunHistory, StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import JobState, Step, StepState
from seqstack.use_cases.step_memory import Outcome, StepMemory
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import (
    JOB_ID,
    RUN_ID,
    SOURCE_BUCKET,
    job_row,
    run_input,
    run_row,
    step_plan,
)

READ = S3Uri(SOURCE_BUCKET, "r_1.fq")
ISAAC = S3Uri(SOURCE_BUCKET, "reference/isaac/")
OUTPUTS = SECONDARY_ANALYSIS.outputs(Step.ALIGN, run_input().layout)
BAM, BAI, MD5, PROVENANCE = OUTPUTS
VERSIONS = {"bwa": "0.7.17-r1188", "samtools": "1.16.1"}
JOB = job_row(state=JobState.SUCCEEDED, stopped_at=1_748_860_400_125)


SHA256 = "SHA256:" + base64.b64encode(bytes(32)).decode()


def stored(uri: S3Uri, etag: str = "one") -> StoredObject:
    return StoredObject(uri, 10, etag)


def plan(**changes: object) -> StepPlan:
    return step_plan(
        Step.ALIGN, **{"image": "bwa:1", "inputs": (READ, ISAAC), "outputs": OUTPUTS, **changes}
    )


@dataclass
class FakeS3:
    """Objects by URI, and the provenance that can be read."""

    objects: dict[S3Uri, StoredObject]
    provenance: Provenance | None = None
    expiring: set[S3Uri] = field(default_factory=set)

    def look_at(self, uris: Iterable[S3Uri]) -> dict[S3Uri, StoredObject]:
        wanted = list(uris)
        return {
            uri: item
            for uri, item in self.objects.items()
            if any(one.covers(uri) for one in wanted)
        }

    def may_expire(self, uri: S3Uri) -> bool:
        return uri in self.expiring

    def read_provenance(self, uri: S3Uri) -> tuple[Provenance, StoredObject] | None:
        if self.provenance is None or uri not in self.objects:
            return None
        return self.provenance, replace(self.objects[uri], checksum=SHA256)

    def put(self, uri: S3Uri, etag: str) -> None:
        self.objects[uri] = stored(uri, etag)


@dataclass
class FakeCache:
    """Manifests by key, as new as the newest."""

    kept: dict[str, Manifest] = field(default_factory=dict)

    def find(self, key: str) -> Manifest | None:
        return self.kept.get(key)

    def remember(self, key: str, manifest: Manifest) -> bool:
        if key in self.kept and self.kept[key].created_at >= manifest.created_at:
            return False
        self.kept[key] = manifest
        return True


def no_note(*_said: object) -> None:
    """Nobody wants to know which programs ran."""


@pytest.fixture
def s3() -> FakeS3:
    """After the job: what it read and wrote, and its provenance."""
    inputs = [READ, ISAAC / "sorted-reference.xml", ISAAC / "genome.fa"]
    objects = {uri: stored(uri) for uri in (*inputs, *OUTPUTS)}
    witness = Provenance(
        JOB_ID, tuple(map(stored, inputs)), tuple(stored(uri) for uri in OUTPUTS[:-1]), VERSIONS
    )
    return FakeS3(objects, witness)


@pytest.fixture
def cache() -> FakeCache:
    return FakeCache()


def remember(
    s3: FakeS3, cache: FakeCache, job: JobRow = JOB, step: StepPlan | None = None
) -> Outcome:
    return memory_of(s3, cache).remember(job, history(job, step or plan()))


def recall(s3: FakeS3, cache: FakeCache, step: StepPlan | None = None) -> Manifest | None:
    return memory_of(s3, cache).recall(step or plan(), ())


def written(
    s3: FakeS3, job: JobRow = JOB, own: dict[S3Uri, StoredObject] | None = None
) -> tuple[StoredObject, ...]:
    return memory_of(s3, FakeCache()).written_by(job, plan(), own or {}).written


def memory_of(s3: FakeS3, cache: FakeCache) -> StepMemory:
    return StepMemory(s3.look_at, s3.may_expire, s3.read_provenance, cache, no_note)


def history(job: JobRow, step: StepPlan) -> RunHistory:
    """The run of a job whose step has just ended with what the job wrote."""
    made = (
        *(stored(uri) for uri in step.outputs[:-1]),
        replace(stored(PROVENANCE), checksum=SHA256),
    )
    row = StepRow(job.key.run_id, step, StepState.SUCCEEDED, 1, written=made)
    return RunHistory(run_row(run_id=job.key.run_id), (row,), (job,))


def test_remembered_step_is_found_with_its_run_and_outputs(s3: FakeS3, cache: FakeCache) -> None:
    assert remember(s3, cache) is Outcome.KEPT

    assert recall(s3, cache) == Manifest(
        run_id=RUN_ID,
        step=Step.ALIGN,
        tool=plan().tool,
        created_at="2025-06-02T10:33:20.125Z",  # date -u -d @1748860400.125
        outputs=history(JOB, plan()).steps[0].written,
        tool_versions=VERSIONS,
    )


def test_remember_notes_which_programs_the_job_ran(s3: FakeS3, cache: FakeCache) -> None:
    noted: list[tuple[Any, ...]] = []
    s3.objects.pop(READ)  # what can't be remembered is noted all the same

    memory = StepMemory(
        s3.look_at, s3.may_expire, s3.read_provenance, cache, lambda *said: noted.append(said)
    )
    outcome = memory.remember(JOB, history(JOB, plan()))

    assert outcome is Outcome.CHANGED_INPUTS
    assert noted == [(RUN_ID, Step.ALIGN, VERSIONS, JOB.key.attempt)]


def test_remember_again_reads_nothing_once_the_run_has_noted_the_attempt(
    s3: FakeS3, cache: FakeCache
) -> None:
    known = history(JOB, plan())
    reads: list[S3Uri] = []
    memory = StepMemory(s3.look_at, s3.may_expire, reads.append, cache, no_note)

    for attempt, expected in ((JOB.key.attempt, 0), (JOB.key.attempt - 1, 1)):
        run = replace(known.run, remembered={Step.ALIGN: attempt})
        memory.remember(JOB, replace(known, run=run))
        assert len(reads) == expected


def test_remember_notes_nothing_of_another_jobs_programs(s3: FakeS3, cache: FakeCache) -> None:
    noted: list[tuple[Any, ...]] = []
    other = replace(JOB, job_id="another")

    memory = StepMemory(
        s3.look_at, s3.may_expire, s3.read_provenance, cache, lambda *said: noted.append(said)
    )
    memory.remember(other, history(other, plan()))

    assert noted == []


def test_recall_nothing_remembered_is_none(s3: FakeS3, cache: FakeCache) -> None:
    assert recall(s3, cache) is None


@pytest.mark.parametrize(
    "other",
    [
        plan(image="bwa:2"),
        plan(command=("--sample_id", "NA12878", "--cmd_args=-k 25")),
        plan(inputs=(READ,)),
    ],
)
def test_recall_another_step_is_none(s3: FakeS3, cache: FakeCache, other: StepPlan) -> None:
    remember(s3, cache)

    assert recall(s3, cache, other) is None


def test_recall_with_other_memory_queue_and_definition_is_the_same_step(
    s3: FakeS3, cache: FakeCache
) -> None:
    remember(s3, cache)

    other = plan(job_queue="other", job_definition="other", memory_mib=1, vcpus=1)
    assert recall(s3, cache, other) is not None


def change_input(s3: FakeS3) -> None:
    s3.put(READ, "two")


def change_object_in_folder(s3: FakeS3) -> None:
    s3.put(ISAAC / "genome.fa", "two")


def add_object_to_folder(s3: FakeS3) -> None:
    s3.put(ISAAC / "genome.fa.fai", "new")


def delete_input(s3: FakeS3) -> None:
    del s3.objects[READ]


def empty_folder(s3: FakeS3) -> None:
    del s3.objects[ISAAC / "genome.fa"], s3.objects[ISAAC / "sorted-reference.xml"]


def change_output(s3: FakeS3) -> None:
    s3.put(BAI, "two")


def delete_output(s3: FakeS3) -> None:
    del s3.objects[MD5]


def change_provenance(s3: FakeS3) -> None:
    s3.put(PROVENANCE, "two")


def delete_provenance(s3: FakeS3) -> None:
    del s3.objects[PROVENANCE]


@pytest.mark.parametrize(
    "happens",
    [
        change_input,
        change_object_in_folder,
        add_object_to_folder,
        delete_input,
        empty_folder,
        change_output,
        delete_output,
        change_provenance,
        delete_provenance,
    ],
)
def test_recall_after_an_object_has_changed_is_none(
    s3: FakeS3, cache: FakeCache, happens: Callable[[FakeS3], None]
) -> None:
    remember(s3, cache)

    happens(s3)

    assert recall(s3, cache) is None


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (change_input, Outcome.CHANGED_INPUTS),
        (change_object_in_folder, Outcome.CHANGED_INPUTS),
        (delete_input, Outcome.CHANGED_INPUTS),
        (delete_provenance, Outcome.FOREIGN_OUTPUTS),
    ],
)
def test_remember_after_an_object_has_changed_keeps_nothing(
    s3: FakeS3, cache: FakeCache, happens: Callable[[FakeS3], None], why: Outcome
) -> None:
    happens(s3)

    assert remember(s3, cache) is why
    assert cache.kept == {}


def test_remember_of_an_input_that_no_plan_names_keeps_nothing(
    s3: FakeS3, cache: FakeCache
) -> None:
    assert remember(s3, cache, step=plan(inputs=(READ,))) is Outcome.CHANGED_INPUTS


def test_remember_outputs_of_another_job_keeps_nothing(s3: FakeS3, cache: FakeCache) -> None:
    assert remember(s3, cache, replace(JOB, job_id="later-job")) is Outcome.FOREIGN_OUTPUTS
    assert cache.kept == {}


def test_remember_a_job_that_wrote_more_than_planned_keeps_nothing(
    s3: FakeS3, cache: FakeCache
) -> None:
    row = history(JOB, plan()).steps[0]
    more = replace(row, written=(stored(BAM.with_suffix(".csi")), *row.written))
    run = RunHistory(run_row(), (more,), (JOB,))

    assert memory_of(s3, cache).remember(JOB, run) is Outcome.OTHER_OUTPUTS
    assert cache.kept == {}


def test_remember_a_step_that_failed_for_its_results_keeps_nothing(
    s3: FakeS3, cache: FakeCache
) -> None:
    row = StepRow(RUN_ID, plan(), StepState.FAILED, 1)
    run = RunHistory(run_row(), (row,), (JOB,))

    assert memory_of(s3, cache).remember(JOB, run) is Outcome.FOREIGN_OUTPUTS


def test_written_by_a_job_is_as_it_lies_in_s3_with_the_provenance_last(s3: FakeS3) -> None:
    s3.objects[BAM] = replace(stored(BAM), version_id="v7", checksum="CRC64NVME:AAAA")

    assert written(s3) == (
        StoredObject(BAM, 10, "one", "CRC64NVME:AAAA", "v7"),
        stored(BAI),
        stored(MD5),
        replace(stored(PROVENANCE), checksum=SHA256),
    )


def test_written_by_a_job_whose_provenance_another_has_replaced_is_refused(s3: FakeS3) -> None:
    with pytest.raises(ResultsReplacedError, match=f"is of job {JOB_ID}; job mine of this run"):
        written(s3, replace(JOB, job_id="mine"))


@pytest.mark.parametrize(
    ("happens", "message"),
    [
        (change_output, f"^{BAI} differs from what job {JOB_ID} wrote\nRun the sample again$"),
        (delete_output, f"^{MD5} differs from what job {JOB_ID} wrote\nRun the sample again$"),
        (delete_provenance, f"^{PROVENANCE} was deleted"),
    ],
)
def test_written_by_a_job_after_an_object_has_changed_is_refused(
    s3: FakeS3, happens: Callable[[FakeS3], None], message: str
) -> None:
    happens(s3)

    with pytest.raises(ResultsReplacedError, match=message):
        written(s3)


def test_written_by_a_job_that_wrote_less_than_planned_is_refused(s3: FakeS3) -> None:
    assert s3.provenance
    s3.provenance = replace(s3.provenance, outputs=s3.provenance.outputs[:1])

    with pytest.raises(ResultsReplacedError) as refused:
        written(s3)

    assert str(refused.value).splitlines() == [
        f"{BAI} is not among the outputs of the job",
        f"{MD5} is not among the outputs of the job",
        "Run the sample again",
    ]


def test_written_by_a_job_that_read_other_results_than_its_runs_is_refused(s3: FakeS3) -> None:
    own = {READ: stored(READ, "another")}

    with pytest.raises(ResultsReplacedError) as refused:
        written(s3, own=own)

    assert str(refused.value).splitlines() == [
        f"job {JOB_ID} has read another version of {READ} than this run has written",
        "Run the sample again",
    ]
    assert written(s3, own={READ: stored(READ)}) == written(s3)


CALLS = SECONDARY_ANALYSIS.outputs(Step.CALL_VARIANTS, run_input().layout)


def test_recall_goes_by_what_the_run_has_written_and_not_by_what_lies_there(
    s3: FakeS3, cache: FakeCache
) -> None:
    """The inputs of a step are its run's own, as recorded, regardless of S3's present objects."""
    step = step_plan(Step.CALL_VARIANTS, inputs=(BAM,), outputs=CALLS)
    align = history(JOB, plan()).steps[0]
    made = tuple(stored(uri) for uri in CALLS[:-1])
    provenance = replace(stored(CALLS[-1]), checksum=SHA256)
    row = StepRow(RUN_ID, step, StepState.SUCCEEDED, 1, written=(*made, provenance))
    s3.objects |= {uri: stored(uri) for uri in CALLS}
    s3.provenance = Provenance("calls", (stored(BAM),), made)
    job = job_row(key=JobKey(RUN_ID, Step.CALL_VARIANTS, 1), job_id="calls", stopped_at=1)
    s3.put(BAM, "another run's")
    memory = memory_of(s3, cache)

    assert memory.remember(job, RunHistory(run_row(), (align, row), (job,))) is Outcome.KEPT

    other = replace(align, written=(stored(BAM, "another run's"),))
    assert memory.recall(step, (align,)) is not None
    assert memory.recall(step, (other,)) is None
    assert memory.recall(step, ()) is None


def test_recall_reports_the_versions_that_hold_the_content_now(
    s3: FakeS3, cache: FakeCache
) -> None:
    remember(s3, cache)
    s3.objects[BAM] = replace(stored(BAM), version_id="written anew")

    found = recall(s3, cache)

    assert found
    assert found.outputs[0].version_id == "written anew"
    assert found.outputs[-1].checksum == SHA256


def test_remember_again_is_known(s3: FakeS3, cache: FakeCache) -> None:
    remember(s3, cache)

    assert remember(s3, cache) is Outcome.KNOWN


def test_remember_a_step_that_ran_again_replaces_what_was_lost(
    s3: FakeS3, cache: FakeCache
) -> None:
    remember(s3, cache)
    change_output(s3)
    again = replace(
        JOB, job_id="later", key=replace(JOB.key, run_id="later-run"), stopped_at=1_748_860_500_000
    )
    outputs = tuple(s3.objects[uri] for uri in OUTPUTS[:-1])
    assert s3.provenance
    s3.provenance = Provenance("later", s3.provenance.inputs, outputs)

    made = (*outputs, replace(stored(PROVENANCE), checksum=SHA256))
    row = StepRow("later-run", plan(), StepState.SUCCEEDED, 1, written=made)
    run = RunHistory(run_row(run_id="later-run"), (row,), (again,))
    assert memory_of(s3, cache).remember(again, run) is Outcome.KEPT

    found = recall(s3, cache)
    assert found
    assert found.run_id == "later-run"


def test_recall_for_a_step_that_now_makes_more_is_none(s3: FakeS3, cache: FakeCache) -> None:
    remember(s3, cache)
    more = BAM.with_suffix(".csi")
    s3.put(more, "one")

    assert recall(s3, cache, plan(outputs=(*OUTPUTS, more))) is None


FOLDER = BAM.parent / "parts/"
PART, OTHER_PART = FOLDER / "1.bam", FOLDER / "2/2.bam"


def with_parts(s3: FakeS3) -> StepPlan:
    """A step that writes as many objects into a folder as its data need."""
    s3.put(PART, "one")
    s3.put(OTHER_PART, "one")
    assert s3.provenance
    more = (stored(PART), stored(OTHER_PART))
    s3.provenance = replace(s3.provenance, outputs=(*s3.provenance.outputs, *more))
    return plan(outputs=(*OUTPUTS[:-1], FOLDER, PROVENANCE))


def test_objects_of_a_folder_are_outputs_by_what_the_provenance_lists(
    s3: FakeS3, cache: FakeCache
) -> None:
    step = with_parts(s3)

    made = memory_of(s3, cache).written_by(JOB, step, {})

    assert [item.uri for item in made.written] == [BAM, BAI, MD5, PART, OTHER_PART, PROVENANCE]


@pytest.mark.parametrize("change", ["gone", "replaced"])
def test_object_of_a_folder_that_changed_is_not_reused(
    s3: FakeS3, cache: FakeCache, change: str
) -> None:
    step = with_parts(s3)
    made = memory_of(s3, cache).written_by(JOB, step, {}).written
    row = StepRow(RUN_ID, step, StepState.SUCCEEDED, 1, written=made)
    run = RunHistory(run_row(), (row,), (JOB,))
    assert memory_of(s3, cache).remember(JOB, run) is Outcome.KEPT
    s3.put(FOLDER / "of another run.bam", "one")
    found = recall(s3, cache, step)
    assert found
    assert [item.uri for item in found.outputs] == [item.uri for item in made]

    if change == "gone":
        del s3.objects[OTHER_PART]
    else:
        s3.put(OTHER_PART, "two")

    assert recall(s3, cache, step) is None
    with pytest.raises(ResultsReplacedError, match=r"parts/2/2\.bam differs"):
        memory_of(s3, cache).written_by(JOB, step, {})


def test_object_outside_of_a_folder_is_not_what_was_planned(s3: FakeS3, cache: FakeCache) -> None:
    step = with_parts(s3)
    assert s3.provenance
    stray = BAM.parent / "stray.bam"
    s3.put(stray, "one")
    s3.provenance = replace(s3.provenance, outputs=(*s3.provenance.outputs, stored(stray)))
    made = memory_of(s3, cache).written_by(JOB, step, {}).written
    row = StepRow(RUN_ID, step, StepState.SUCCEEDED, 1, written=made)

    outcome = memory_of(s3, cache).remember(JOB, RunHistory(run_row(), (row,), (JOB,)))

    assert outcome is Outcome.OTHER_OUTPUTS


LAYOUT = run_input().layout
PARTS = tuple(
    replace(
        plan(),
        step=f"alignPart{number}",
        command=("--part", f"{number}/2"),
        outputs=SECONDARY_ANALYSIS.outputs(f"alignPart{number}", LAYOUT),
    )
    for number in (1, 2)
)
JOIN = plan(command=("--parts", "2"), inputs=tuple(part.outputs[0] for part in PARTS))
PENDING = tuple(StepRow(RUN_ID, step) for step in (*PARTS, JOIN))


@pytest.fixture
def joined(s3: FakeS3, cache: FakeCache) -> StepMemory:
    """After a run that has aligned in two parts, of which the results are in S3."""
    rows: list[StepRow] = []
    for step in (*PARTS, JOIN):
        made = tuple(stored(uri) for uri in step.outputs)
        rows.append(StepRow(RUN_ID, step, StepState.SUCCEEDED, 1, written=made))
        s3.objects |= {item.uri: item for item in made}
        key = step_key(step, s3.look_at(step.inputs))
        assert key
        cache.kept[key] = Manifest(RUN_ID, step.step, step.tool, "2026", made, VERSIONS)
    return memory_of(s3, cache)


def remove_parts(s3: FakeS3) -> None:
    for part in PARTS:
        s3.objects.pop(part.outputs[0])


def expire_parts(s3: FakeS3) -> None:
    s3.expiring |= {part.outputs[0] for part in PARTS}


@pytest.mark.parametrize("lose", [remove_parts, expire_parts])
def test_parts_that_are_gone_or_may_expire_are_reused_while_the_whole_is_there(
    s3: FakeS3, joined: StepMemory, lose: Callable[[FakeS3], None]
) -> None:
    lose(s3)

    found = [joined.recall(part, PENDING) for part in PARTS]

    made = [each.outputs for each in found if each]
    assert made == [tuple(map(stored, part.outputs)) for part in PARTS]
    rows = tuple(replace(row, written=each) for row, each in zip(PENDING, made, strict=False))
    assert joined.recall(JOIN, rows) is not None


@pytest.mark.parametrize("lose", [remove_parts, expire_parts])
@pytest.mark.parametrize("changed", [*JOIN.outputs, READ])
def test_parts_that_are_gone_or_may_expire_are_made_again_for_another_whole(
    s3: FakeS3, joined: StepMemory, lose: Callable[[FakeS3], None], changed: S3Uri
) -> None:
    lose(s3)
    s3.put(changed, "two")

    assert [joined.recall(part, PENDING) for part in PARTS] == [None, None]


def test_part_that_is_gone_is_made_again_if_another_part_is_not_known(
    s3: FakeS3, joined: StepMemory
) -> None:
    remove_parts(s3)
    other = replace(PARTS[1], command=("--part", "2/2", "-k 25"))

    assert joined.recall(PARTS[0], (PENDING[0], StepRow(RUN_ID, other), PENDING[2])) is None


def test_parts_that_stay_are_reused_without_the_whole(s3: FakeS3, joined: StepMemory) -> None:
    s3.objects.pop(BAM)

    assert all(joined.recall(part, PENDING) for part in PARTS)
