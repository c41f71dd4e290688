"""A cached result is used, and made, only where the objects in S3 bear witness to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from seqstack.domain.manifest import Manifest, StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.provenance import Provenance
from seqstack.domain.records import JobRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import JobState, Step
from seqstack.use_cases.step_memory import Outcome, StepMemory
from tests.builders import JOB_ID, RUN_ID, SOURCE_BUCKET, job_row, run_input, step_plan

READ = S3Uri(SOURCE_BUCKET, "r_1.fq")
ISAAC = S3Uri(SOURCE_BUCKET, "reference/isaac/")
OUTPUTS = run_input().layout.outputs(Step.ALIGN)
BAM, BAI, MD5, PROVENANCE = OUTPUTS
VERSIONS = {"bwa": "0.7.17-r1188", "samtools": "1.16.1"}
JOB = job_row(state=JobState.SUCCEEDED, stopped_at=1_748_860_400_125)


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

    def look_at(self, uris: Iterable[S3Uri]) -> dict[S3Uri, StoredObject]:
        wanted = list(uris)
        return {
            uri: item
            for uri, item in self.objects.items()
            if any(one.covers(uri) for one in wanted)
        }

    def read_provenance(self, uri: S3Uri) -> Provenance | None:
        return self.provenance if uri in self.objects else None

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
    return StepMemory(s3.look_at, s3.read_provenance, cache, no_note).remember(job, step or plan())


def recall(s3: FakeS3, cache: FakeCache, step: StepPlan | None = None) -> Manifest | None:
    return StepMemory(s3.look_at, s3.read_provenance, cache, no_note).recall(step or plan())


def test_remembered_step_is_found_with_its_run_and_outputs(s3: FakeS3, cache: FakeCache) -> None:
    assert remember(s3, cache) is Outcome.KEPT

    assert recall(s3, cache) == Manifest(
        run_id=RUN_ID,
        step=Step.ALIGN,
        tool=plan().tool,
        created_at="2025-06-02T10:33:20.125Z",  # date -u -d @1748860400.125
        outputs=tuple(stored(uri) for uri in OUTPUTS),
        tool_versions=VERSIONS,
    )


def test_remember_notes_which_programs_the_job_ran(s3: FakeS3, cache: FakeCache) -> None:
    noted: list[tuple[Any, ...]] = []
    s3.objects.pop(READ)  # what can't be remembered is noted all the same

    memory = StepMemory(s3.look_at, s3.read_provenance, cache, lambda *said: noted.append(said))
    outcome = memory.remember(JOB, plan())

    assert outcome is Outcome.CHANGED_INPUTS
    assert noted == [(RUN_ID, Step.ALIGN, VERSIONS)]


def test_remember_notes_nothing_of_another_jobs_programs(s3: FakeS3, cache: FakeCache) -> None:
    noted: list[tuple[Any, ...]] = []
    other = replace(JOB, job_id="another")

    memory = StepMemory(s3.look_at, s3.read_provenance, cache, lambda *said: noted.append(said))
    memory.remember(other, plan())

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
        (change_output, Outcome.CHANGED_OUTPUTS),
        (delete_output, Outcome.CHANGED_OUTPUTS),
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


def test_remember_a_job_that_wrote_less_than_planned_keeps_nothing(
    s3: FakeS3, cache: FakeCache
) -> None:
    assert s3.provenance
    s3.provenance = replace(s3.provenance, outputs=s3.provenance.outputs[:1])

    assert remember(s3, cache) is Outcome.CHANGED_OUTPUTS


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

    assert remember(s3, cache, again) is Outcome.KEPT

    found = recall(s3, cache)
    assert found
    assert found.run_id == "later-run"


def test_recall_for_a_step_that_now_makes_more_is_none(s3: FakeS3, cache: FakeCache) -> None:
    remember(s3, cache)
    more = BAM.with_suffix(".csi")
    s3.put(more, "one")

    assert recall(s3, cache, plan(outputs=(*OUTPUTS, more))) is None


def test_remember_provenance_gone_since_it_was_read_keeps_nothing(
    s3: FakeS3, cache: FakeCache
) -> None:
    witness = s3.provenance
    del s3.objects[PROVENANCE]

    outcome = StepMemory(s3.look_at, lambda _: witness, cache, no_note).remember(JOB, plan())

    assert outcome is Outcome.CHANGED_OUTPUTS
