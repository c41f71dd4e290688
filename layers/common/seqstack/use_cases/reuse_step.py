"""Use what an earlier run has made by the same step, and remember what this one has made."""

from datetime import UTC, datetime
from enum import StrEnum

from seqstack.domain.fingerprint import cache_key
from seqstack.domain.manifest import Manifest, StoredObject, all_unchanged
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import JobRow, utc_text
from seqstack.use_cases.ports import LookAt, ReadProvenance, StepCache, StoredObjects


class Memory(StrEnum):
    """What became of the wish to remember a step, and why it was not granted."""

    KEPT = "kept"
    KNOWN = "known already"
    FOREIGN_OUTPUTS = "the provenance in S3 is not this job's"
    CHANGED_INPUTS = "its inputs are not what they were when the job read them"
    CHANGED_OUTPUTS = "its outputs are not what they were when the job wrote them"


def find_reusable(plan: StepPlan, look_at: LookAt, cache: StepCache) -> Manifest | None:
    """What the step would make, if it has been made and lies in S3 unchanged.

    An input that can't be read makes no key: the job will tell what is wrong with it.
    """
    inputs = _inputs_of(plan, look_at(plan.inputs))
    if inputs is None:
        return None
    manifest = cache.find(cache_key(plan.tool, plan.image, plan.command, inputs))
    if manifest is None or {item.uri for item in manifest.outputs} != set(plan.outputs):
        return None
    is_whole = all_unchanged(manifest.outputs, look_at(plan.outputs))
    return manifest if is_whole else None


def remember_step(
    job: JobRow, plan: StepPlan, look_at: LookAt, read_provenance: ReadProvenance, cache: StepCache
) -> Memory:
    """Remember what a job that succeeded has made; safe to call again, and late.

    The job's own provenance is the witness: only if it is this job's, and every object it read and
    wrote is in S3 as it was then, do the key and the manifest tell the truth about each other.
    """
    *made, provenance_uri = plan.outputs
    witness = read_provenance(provenance_uri)
    if witness is None or witness.job_id != job.job_id:
        return Memory.FOREIGN_OUTPUTS
    inputs = _inputs_of(plan, look_at(plan.inputs))
    if inputs is None or not all_unchanged(witness.inputs, {item.uri: item for item in inputs}):
        return Memory.CHANGED_INPUTS
    now = look_at(plan.outputs)
    wrote_all = {item.uri for item in witness.outputs} == set(made)
    if not wrote_all or provenance_uri not in now or not all_unchanged(witness.outputs, now):
        return Memory.CHANGED_OUTPUTS
    ended_at = datetime.fromtimestamp((job.stopped_at or 0) / 1000, UTC)
    manifest = Manifest(
        run_id=job.key.run_id,
        step=plan.step,
        tool=plan.tool,
        created_at=utc_text(ended_at),
        outputs=tuple(now[uri] for uri in plan.outputs),
    )
    is_new = cache.remember(cache_key(plan.tool, plan.image, plan.command, inputs), manifest)
    return Memory.KEPT if is_new else Memory.KNOWN


def _inputs_of(plan: StepPlan, found: StoredObjects) -> list[StoredObject] | None:
    """The objects found for the plan's inputs; None if any input has none."""
    by_input = [
        [item for uri, item in found.items() if wanted.covers(uri)] for wanted in plan.inputs
    ]
    return [item for items in by_input for item in items] if all(by_input) else None
