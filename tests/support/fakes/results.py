"""S3, and the cache of steps' results, in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from seqstack.domain.errors import ResultsReplacedError
from seqstack.domain.manifest import Manifest, StepResult, StoredObject
from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.plan import StepPlan
from seqstack.domain.reads.fastq_file import FileBlocks
from seqstack.domain.records import JobRow, RunHistory, StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.written_objects import ObjectState, WrittenObject
from tests.support.builders import written_objects
from tests.support.small_reads import input_body


@dataclass
class FakeObjects:
    """S3: every object exists, except those in `wrong`, and has 1 KiB, or its size in `sizes`.

    FASTQ files have the content of `input_body`, or of `bodies`. Outputs in `replaced` were
    overwritten.
    """

    wrong: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    bodies: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    regions: dict[str, str] = field(default_factory=dict)

    def read_start(self, uri: S3Uri, size: int) -> bytes:
        return self.bodies.get(str(uri), input_body(uri.key))[:size]

    def read_whole(self, uri: S3Uri, most_bytes: int) -> tuple[bytes, str] | str:
        del most_bytes
        return self.bodies[str(uri)], "etag"

    def __call__(self, uris: Iterable[S3Uri]) -> ObjectsFound:
        wanted = list(uris)
        self.asked += map(str, wanted)
        found = [uri for uri in wanted if str(uri) not in self.wrong]
        return ObjectsFound(
            sizes={uri: self.sizes.get(str(uri), 1024) for uri in found},
            wrong={uri: self.wrong[str(uri)] for uri in wanted if str(uri) in self.wrong},
            regions=self.regions,
        )

    def read_blocks(self, sizes: Mapping[S3Uri, int]) -> dict[S3Uri, FileBlocks | str]:
        bodies = {uri: self.bodies.get(str(uri), input_body(str(uri))) for uri in sizes}
        return {uri: FileBlocks(len(body), body) for uri, body in bodies.items()}

    def look_at_written(self, written: Iterable[StoredObject]) -> list[WrittenObject]:
        return [self._look_at_written(one) for one in written]

    def _look_at_written(self, stored: StoredObject) -> WrittenObject:
        uri = str(stored.uri)
        self.asked.append(uri)
        if uri in self.replaced:
            return WrittenObject(stored, ObjectState.REPLACED, "is not what the run has written")
        if uri in self.wrong:
            return WrittenObject(stored, ObjectState.GONE, self.wrong[uri])
        return WrittenObject(stored, ObjectState.CURRENT)


@dataclass
class FakeMemory:
    """The cache of steps' results; all calls raise `error`, if it is set.

    A job has written the outputs of its plan, unless they were `replaced`.
    """

    replaced: str = ""
    asked: list[JobRow] = field(default_factory=list)
    remembered: list[tuple[JobRow, RunHistory]] = field(default_factory=list)
    manifest: Manifest | None = None
    recalled: list[StepPlan] = field(default_factory=list)
    warnings: tuple[StepWarning, ...] = ()
    error: Exception | None = None

    def written_by(
        self, job: JobRow, plan: StepPlan, own: Mapping[S3Uri, StoredObject]
    ) -> StepResult:
        self.asked.append(job)
        if self.replaced:
            raise ResultsReplacedError(self.replaced)
        return StepResult(written_objects(plan), self.warnings)

    def remember(self, job: JobRow, history: RunHistory) -> None:
        if self.error:
            raise self.error
        self.remembered.append((job, history))

    def recall(self, plan: StepPlan, steps: Sequence[StepRow]) -> Manifest | None:
        if self.error:
            raise self.error
        self.recalled.append(plan)
        return self.manifest
