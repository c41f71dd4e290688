"""What earlier runs have made by the same step, and what is worth remembering of this one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from seqstack.domain.errors import ResultsReplacedError
from seqstack.domain.fingerprint import step_key
from seqstack.domain.manifest import Manifest, StepResult, StoredObject, all_unchanged
from seqstack.domain.own_results import own_inputs
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import JobRow, RunHistory, utc_text
from seqstack.domain.s3uri import S3Uri
from seqstack.use_cases.ports import LookAt, NoteVersions, ReadProvenance, StepCache


class Outcome(StrEnum):
    """What became of the wish to remember a step, and why it was not granted."""

    KEPT = "kept"
    KNOWN = "known already"
    FOREIGN_OUTPUTS = "the provenance in S3 is not this job's"
    CHANGED_INPUTS = "its inputs are not what they were when the job read them"
    OTHER_OUTPUTS = "it has written other objects than were planned"


@dataclass(frozen=True, slots=True)
class StepMemory:
    """The cached results of steps, and the objects in S3 that they speak of.

    `note_versions` tells the run which programs a step has run, as its provenance says.
    """

    look_at: LookAt
    read_provenance: ReadProvenance
    cache: StepCache
    note_versions: NoteVersions

    def written_by(
        self, job: JobRow, plan: StepPlan, own: Mapping[S3Uri, StoredObject]
    ) -> StepResult:
        """What a job that succeeded has written, as it lies in S3, and its warnings.

        `own` are the inputs that earlier steps of the run have written, as they wrote them.

        Raises:
            ResultsReplacedError: what lies there is not what this job has written, or the job has
                read other results than its run's.
        """
        *planned, provenance_uri = plan.outputs
        found = self.read_provenance(provenance_uri)
        if found is None:
            raise ResultsReplacedError(
                f"{provenance_uri} is gone, may not be read, or is no provenance; "
                f"job {job.job_id} wrote it. Run the sample again"
            )
        witness, provenance = found
        if witness.job_id != job.job_id:
            raise ResultsReplacedError(
                f"{provenance_uri} is of job {witness.job_id}; job {job.job_id} of this run wrote "
                "there before. Run the sample again, with results in a folder of its own"
            )
        outputs = self.look_at(item.uri for item in witness.outputs)
        told = {item.uri for item in witness.outputs}
        wrong = [
            *(
                f"job {job.job_id} has read {item.uri} as this run has not written it"
                for item in witness.inputs
                if item.uri in own and not item.is_same_as(own[item.uri])
            ),
            *(f"{uri} is not among the outputs of the job" for uri in planned if uri not in told),
            *(
                f"{item.uri} is not as job {job.job_id} wrote it"
                for item in witness.outputs
                if not all_unchanged([item], outputs)
            ),
        ]
        if wrong:
            raise ResultsReplacedError("\n".join([*wrong, "Run the sample again"]))
        written = (*(outputs[item.uri] for item in witness.outputs), provenance)
        return StepResult(written, witness.warnings)

    def recall(self, plan: StepPlan, own: Mapping[S3Uri, StoredObject]) -> Manifest | None:
        """What the step would make, if it has been made and lies in S3 unchanged.

        `own` are the inputs that earlier steps of the run have written, as they wrote them.
        """
        key = step_key(plan, self._inputs(plan, own))
        manifest = self.cache.find(key) if key else None
        if manifest is None or {item.uri for item in manifest.outputs} != set(plan.outputs):
            return None
        found = self.look_at(plan.outputs)
        if not all_unchanged(manifest.outputs, found):
            return None
        outputs = (
            replace(item, version_id=found[item.uri].version_id) for item in manifest.outputs
        )
        return replace(manifest, outputs=tuple(outputs))

    def _inputs(
        self, plan: StepPlan, own: Mapping[S3Uri, StoredObject]
    ) -> dict[S3Uri, StoredObject]:
        """The step's inputs: its own run's as the ledger has them, all others as they are now."""
        return {**self.look_at(uri for uri in plan.inputs if uri not in own), **own}

    def remember(self, job: JobRow, history: RunHistory) -> Outcome:
        """Remember what a job that succeeded has made; safe to call again, and late.

        The job's own provenance is the witness: only if it is the one that the step's row names,
        and every object it read is as it was then, do key and manifest tell the truth about each
        other.
        """
        step = history.step(job.key.step)
        found = self.read_provenance(step.plan.outputs[-1]) if step else None
        if step is None or found is None or found[0].job_id != job.job_id:
            return Outcome.FOREIGN_OUTPUTS
        (witness, provenance), plan = found, step.plan
        self.note_versions(job.key.run_id, plan.step, witness.versions)
        if not step.written or step.written[-1].sha256 != provenance.sha256:
            return Outcome.FOREIGN_OUTPUTS
        inputs = self._inputs(plan, own_inputs(plan, history.steps))
        key = step_key(plan, inputs)
        if key is None or not all_unchanged(witness.inputs, inputs):
            return Outcome.CHANGED_INPUTS
        if {item.uri for item in step.written} != set(plan.outputs):
            return Outcome.OTHER_OUTPUTS
        ended_at = datetime.fromtimestamp((job.stopped_at or 0) / 1000, UTC)
        manifest = Manifest(
            run_id=job.key.run_id,
            step=plan.step,
            tool=plan.tool,
            created_at=utc_text(ended_at),
            outputs=step.written,
            tool_versions=witness.versions,
            warnings=witness.warnings,
        )
        return Outcome.KEPT if self.cache.remember(key, manifest) else Outcome.KNOWN
