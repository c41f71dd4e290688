"""What earlier runs have made by the same step, and what is worth remembering of this one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from seqstack.domain.fingerprint import step_key
from seqstack.domain.manifest import Manifest, all_unchanged
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import JobRow, utc_text
from seqstack.use_cases.ports import LookAt, NoteVersions, ReadProvenance, StepCache


class Outcome(StrEnum):
    """What became of the wish to remember a step, and why it was not granted."""

    KEPT = "kept"
    KNOWN = "known already"
    FOREIGN_OUTPUTS = "the provenance in S3 is not this job's"
    CHANGED_INPUTS = "its inputs are not what they were when the job read them"
    CHANGED_OUTPUTS = "its outputs are not what they were when the job wrote them"


@dataclass(frozen=True, slots=True)
class StepMemory:
    """The cached results of steps, and the objects in S3 that they speak of.

    `note_versions` tells the run which programs a step has run, as its provenance says.
    """

    look_at: LookAt
    read_provenance: ReadProvenance
    cache: StepCache
    note_versions: NoteVersions

    def recall(self, plan: StepPlan) -> Manifest | None:
        """What the step would make, if it has been made and lies in S3 unchanged."""
        key = step_key(plan, self.look_at(plan.inputs))
        manifest = self.cache.find(key) if key else None
        if manifest is None or {item.uri for item in manifest.outputs} != set(plan.outputs):
            return None
        is_whole = all_unchanged(manifest.outputs, self.look_at(plan.outputs))
        return manifest if is_whole else None

    def remember(self, job: JobRow, plan: StepPlan) -> Outcome:
        """Remember what a job that succeeded has made; safe to call again, and late.

        The job's own provenance is the witness: only if it is this job's, and every object it read
        and wrote is in S3 as it was then, do key and manifest tell the truth about each other.
        """
        *made, provenance_uri = plan.outputs
        witness = self.read_provenance(provenance_uri)
        if witness is None or witness.job_id != job.job_id:
            return Outcome.FOREIGN_OUTPUTS
        self.note_versions(job.key.run_id, plan.step, witness.versions)
        inputs = self.look_at(plan.inputs)
        key = step_key(plan, inputs)
        if key is None or not all_unchanged(witness.inputs, inputs):
            return Outcome.CHANGED_INPUTS
        outputs = self.look_at(plan.outputs)
        wrote_all = {item.uri for item in witness.outputs} == set(made)
        if not wrote_all or set(outputs) != set(plan.outputs):
            return Outcome.CHANGED_OUTPUTS
        if not all_unchanged(witness.outputs, outputs):
            return Outcome.CHANGED_OUTPUTS
        ended_at = datetime.fromtimestamp((job.stopped_at or 0) / 1000, UTC)
        manifest = Manifest(
            run_id=job.key.run_id,
            step=plan.step,
            tool=plan.tool,
            created_at=utc_text(ended_at),
            outputs=tuple(outputs[uri] for uri in plan.outputs),
            tool_versions=witness.versions,
        )
        return Outcome.KEPT if self.cache.remember(key, manifest) else Outcome.KNOWN
