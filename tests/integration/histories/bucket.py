"""The results bucket, and what jobs read and write there: content that tells where it came from."""

import base64
import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import Manifest, StoredObject
from seqstack.domain.plan import StepPlan
from seqstack.domain.provenance import Provenance
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from seqstack.domain.written_objects import ObjectState, WrittenObject
from seqstack.tools.definition import MADE_BY_OPTION


@dataclass
class Bucket:
    """Objects by URI, the newest version last. Inputs are there from the beginning.

    `contents` has the content of every version: the FASTQ that it was made of, in the end.
    """

    versions: dict[S3Uri, list[StoredObject]] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    said: dict[str, Provenance] = field(default_factory=dict)
    cache: dict[str, Manifest] = field(default_factory=dict)
    _numbers: Iterable[int] = field(default_factory=itertools.count)

    # what the functions ask for

    def look_at(self, uris: Iterable[S3Uri]) -> dict[S3Uri, StoredObject]:
        return {uri: self._newest(uri) for uri in uris}

    def read_provenance(self, uri: S3Uri) -> tuple[Provenance, StoredObject] | None:
        newest = self._newest(uri)
        found = self.said.get(newest.version_id)
        return (found, newest) if found else None

    def look_at_written(self, written: Iterable[StoredObject]) -> list[WrittenObject]:
        return [
            WrittenObject(one, ObjectState.CURRENT)
            if one.is_same_as(self._newest(one.uri))
            else WrittenObject(one, ObjectState.REPLACED, "is not what the run has written")
            for one in written
        ]

    def find(self, key: str) -> Manifest | None:
        return self.cache.get(key)

    def remember(self, key: str, manifest: Manifest) -> bool:
        self.cache[key] = manifest
        return True

    # what jobs do

    def run_job(self, job_id: str, key: JobKey, plan: StepPlan) -> bool:
        """Read and write as a job's container does; False if what it was told of is not there."""
        told = [
            word.partition(":")
            for before, word in itertools.pairwise(plan.command)
            if before == MADE_BY_OPTION
        ]
        for step, _, digest in told:
            if self._newest(plan.outputs[-1].parent / f"{step}.json").sha256 != digest:
                return False
        inputs = [self._newest(uri) for uri in plan.inputs]
        promised = [
            item
            for step, _, _ in told
            for item in self.said[
                self._newest(plan.outputs[-1].parent / f"{step}.json").version_id
            ].outputs
        ]
        read = {item.uri: item for item in inputs}
        if any(item.uri in read and not item.is_same_as(read[item.uri]) for item in promised):
            return False
        origin = self._origin(plan, inputs)
        *made, provenance = plan.outputs
        outputs = tuple(self._put(uri, origin) for uri in made)
        record = self._put(provenance, f"{origin} by {job_id}")
        self.said[record.version_id] = Provenance(job_id, tuple(inputs), outputs, {"tool": "1"})
        return True

    def origin_of(self, item: StoredObject) -> str:
        """The reads that an object was made of."""
        return self.contents[item.version_id].partition(" by ")[0]

    @property
    def results(self) -> list[S3Uri]:
        """Where jobs have written."""
        return [
            uri
            for uri, versions in self.versions.items()
            if any(self.contents[one.version_id] != str(uri) for one in versions)
        ]

    def replace_by_hand(self, uri: S3Uri) -> None:
        """Somebody writes there."""
        self._put(uri, "nobody's")

    def _origin(self, plan: StepPlan, inputs: Iterable[StoredObject]) -> str:
        if plan.step == Step.ALIGN:
            return str(plan.inputs[0])
        own = [item for item in inputs if str(item.uri).endswith((".bam", ".vcf.gz"))]
        return self.origin_of(own[0])

    def _newest(self, uri: S3Uri) -> StoredObject:
        if uri not in self.versions:
            self._put(uri, str(uri))
        return self.versions[uri][-1]

    def _put(self, uri: S3Uri, content: str) -> StoredObject:
        digest = hashlib.sha256(content.encode())
        version = f"v{next(iter(self._numbers))}"
        checksum = f"SHA256:{base64.b64encode(digest.digest()).decode()}"
        stored = StoredObject(uri, 10, digest.hexdigest(), checksum, version)
        self.versions.setdefault(uri, []).append(stored)
        self.contents[version] = content
        return replace(stored)
