"""The cache of steps' results: find a step's earlier results, and store new ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from seqstack.domain.errors import ResultsReplacedError
from seqstack.domain.fingerprint import step_key
from seqstack.domain.manifest import Manifest, StepResult, StoredObject, all_unchanged
from seqstack.domain.own_results import own_inputs
from seqstack.domain.plan import StepPlan
from seqstack.domain.provenance import Provenance
from seqstack.domain.reads.parts import is_of_part, whole_step
from seqstack.domain.records import JobRow, RunHistory, StepRow, utc_text
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.use_cases.ports import LookAt, MayExpire, NoteVersions, ReadProvenance, StepCache


class Outcome(StrEnum):
    """Outcome of storing a step's results."""

    KEPT = "kept"
    KNOWN = "known already"
    REMEMBERED = "remembered already"
    FOREIGN_OUTPUTS = "the provenance in S3 is not this job's"
    CHANGED_INPUTS = "its inputs have changed since the job read them"
    OTHER_OUTPUTS = "it has written other objects than planned"


@dataclass(frozen=True, slots=True)
class StepMemory:
    """The cached results of steps, and their objects in S3.

    `note_versions` records the programs of a step, from its provenance, in the run, and the attempt
    whose outputs were considered for reuse.
    """

    look_at: LookAt
    may_expire: MayExpire
    read_provenance: ReadProvenance
    cache: StepCache
    note_versions: NoteVersions

    def written_by(
        self, job: JobRow, plan: StepPlan, own: Mapping[S3Uri, StoredObject]
    ) -> StepResult:
        """The outputs in S3 of a job that succeeded, and its warnings.

        `own` are the inputs that earlier steps of the run have written, as recorded then.

        Raises:
            ResultsReplacedError: an output was replaced, or the job has read other results than its
                run's.
        """
        *planned, provenance_uri = plan.outputs
        found = self.read_provenance(provenance_uri)
        if found is None:
            raise ResultsReplacedError(
                f"{provenance_uri} was deleted, may not be read, or is not a provenance; job "
                f"{job.job_id} wrote it. Run the sample again"
            )
        record, provenance = found
        if record.job_id != job.job_id:
            raise ResultsReplacedError(
                f"{provenance_uri} is of job {record.job_id}; job {job.job_id} of this run wrote "
                "there before. Run the sample again, with its own results folder"
            )
        outputs = self.look_at(item.uri for item in record.outputs)
        named = {item.uri for item in record.outputs}
        wrong = [
            *(
                f"job {job.job_id} has read another version of {item.uri} than this run has written"
                for item in record.inputs
                if item.uri in own and not item.is_same_as(own[item.uri])
            ),
            *(
                f"{uri} is not among the outputs of the job"
                for uri in planned
                if uri not in named and not uri.is_folder
            ),
            *(
                f"{item.uri} differs from what job {job.job_id} wrote"
                for item in record.outputs
                if not all_unchanged([item], outputs)
            ),
        ]
        if wrong:
            raise ResultsReplacedError("\n".join([*wrong, "Run the sample again"]))
        written = (*(outputs[item.uri] for item in record.outputs), provenance)
        return StepResult(written, record.warnings)

    def recall(self, plan: StepPlan, steps: Sequence[StepRow]) -> Manifest | None:
        """The step's earlier results, if its outputs are unchanged in S3.

        `steps` are those of the run. A part's results may be gone if the step that joins the parts
        can be reused. If it can't, results that may expire do not count: they could be gone when
        that step reads them.
        """
        manifest = self._known(plan, self._inputs(plan, own_inputs(plan, steps)))
        if manifest is None:
            return None
        found = self.look_at(item.uri for item in manifest.outputs)
        is_kept = all_unchanged(manifest.outputs, found) and not any(
            self.may_expire(uri) for uri in found if is_of_part(plan.step, uri)
        )
        if not is_kept:
            part = whole_step(plan.step)
            return manifest if part and self._is_joined(part[0], steps) else None
        outputs = (
            replace(item, version_id=found[item.uri].version_id) for item in manifest.outputs
        )
        return replace(manifest, outputs=tuple(outputs))

    def _known(self, plan: StepPlan, inputs: Mapping[S3Uri, StoredObject]) -> Manifest | None:
        """The step's earlier results of these inputs, whether or not they still exist."""
        key = step_key(plan, inputs)
        manifest = self.cache.find(key) if key else None
        if manifest is None or not plan.covers(item.uri for item in manifest.outputs):
            return None
        return manifest

    def _is_joined(self, whole: StepName, steps: Sequence[StepRow]) -> bool:
        """Whether the step that joins the parts can be reused, given their earlier results."""
        joining = [row for row in steps if row.step == whole]
        parts = [row for row in steps if (whole_step(row.step) or ("", 0))[0] == whole]
        found = self.look_at({uri for row in parts for uri in row.plan.inputs})
        made = []
        for row in parts:
            read = {
                uri: item
                for uri, item in found.items()
                if any(each.covers(uri) for each in row.plan.inputs)
            }
            inputs = read | own_inputs(row.plan, steps)
            earlier = None if row.written else self._known(row.plan, inputs)
            made.append(replace(row, written=earlier.outputs if earlier else row.written))
        return all(row.written for row in made) and any(
            self.recall(row.plan, made) for row in joining
        )

    def _inputs(
        self, plan: StepPlan, own: Mapping[S3Uri, StoredObject]
    ) -> dict[S3Uri, StoredObject]:
        """The step's inputs: those from its own run as recorded, all others as they are now."""
        return {**self.look_at(uri for uri in plan.inputs if uri not in own), **own}

    def remember(self, job: JobRow, history: RunHistory) -> Outcome:
        """Store the results of a job that succeeded; safe to repeat, and to call late.

        Key and manifest belong together only if the job's provenance is the one in the step's row,
        and every object that it read is unchanged since then. A repeated call reads nothing.
        """
        step = history.step(job.key.step)
        if job.key.attempt <= history.run.remembered.get(job.key.step, 0):
            return Outcome.REMEMBERED
        found = self.read_provenance(step.plan.outputs[-1]) if step else None
        if step is None or found is None or found[0].job_id != job.job_id:
            return Outcome.FOREIGN_OUTPUTS
        outcome = self._store(job, step, found, history)
        self.note_versions(job.key.run_id, step.step, found[0].versions, job.key.attempt)
        return outcome

    def _store(
        self,
        job: JobRow,
        step: StepRow,
        found: tuple[Provenance, StoredObject],
        history: RunHistory,
    ) -> Outcome:
        (record, provenance), plan = found, step.plan
        if not step.written or step.written[-1].sha256 != provenance.sha256:
            return Outcome.FOREIGN_OUTPUTS
        inputs = self._inputs(plan, own_inputs(plan, history.steps))
        key = step_key(plan, inputs)
        if key is None or not all_unchanged(record.inputs, inputs):
            return Outcome.CHANGED_INPUTS
        if not plan.covers(item.uri for item in step.written):
            return Outcome.OTHER_OUTPUTS
        ended_at = datetime.fromtimestamp((job.stopped_at or 0) / 1000, UTC)
        manifest = Manifest(
            run_id=job.key.run_id,
            step=plan.step,
            tool=plan.tool,
            created_at=utc_text(ended_at),
            outputs=step.written,
            tool_versions=record.versions,
            warnings=record.warnings,
        )
        return Outcome.KEPT if self.cache.remember(key, manifest) else Outcome.KNOWN
