"""The input document of `joint_calling`, checked by schema and rules, and read as values."""

from collections.abc import Iterator
from dataclasses import replace

from seqstack.domain.checked_document import CheckedDocument
from seqstack.domain.checked_run import RunContent
from seqstack.domain.errors import Problem
from seqstack.domain.input_rules import argument_problems, genes_problems
from seqstack.domain.inputs_read import ObjectRead, objects_read
from seqstack.domain.joint_run import JOINT_FOLDER, JointRun, joint_layout
from seqstack.domain.results_place import misplaced_results
from seqstack.domain.run_input import DEFAULT_SUBMITTER, ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step, StepName
from seqstack.tools import bcftools_merge, multiqc
from seqstack.workflows.joint_calling import JOINT_CALLING, MERGE_GVCFS

GVCFS, QC_FILES = "gvcfsS3Path", "qcFilesS3Path"
_COHORTS = "cohorts"
_ANNOTATION = ("annotationS3Path", "annotationDatabaseS3Path")


class CheckedJoint(CheckedDocument):
    """A checked document; by default, results go below `results/cohorts/`."""

    workflow = JOINT_CALLING

    def objects_read(self) -> Iterator[ObjectRead]:
        """What must exist and be readable; the gVCFs and QC files are in the lists."""
        for key in (GVCFS, QC_FILES):
            if uri := self._uri(key):
                yield ObjectRead(f"$.{key}", uri)
        yield from objects_read(self.sound, self.tools.values())

    def as_run_input(self, content: RunContent) -> JointRun:
        """The document as values; only for one without problems."""
        document = self.sound
        gvcfs = S3Uri.parse(document[GVCFS])
        annotation, database = (self._uri(key) for key in _ANNOTATION)
        return JointRun(
            gvcfs=gvcfs,
            reference=S3Uri.parse(document["referenceS3Path"]),
            annotation=annotation,
            database=database,
            layout=joint_layout(self._results, content.objects.get(gvcfs, "")),
            steps=tuple(map(JOINT_CALLING.step, self.tools)),
            tools=self._with_memory(content.samples),
            cohort_id=document["cohortId"],
            qc_files=self._uri(QC_FILES),
            genetic_codes={k: int(v) for k, v in document.get("geneticCodes", {}).items()},
            left_out=tuple(document.get("annotationLeftOut", ())),
            submitter=document.get("submitter", DEFAULT_SUBMITTER),
            use_cache=document.get("cache", True),
            fails_on_warnings=self.fails_on_warnings,
            project=document.get("project", ""),
            tags=document.get("tags", {}),
            reference_name=document.get("reference", ""),
        )

    def _with_memory(self, samples: int) -> dict[StepName, ToolSettings]:
        tools = self.tools
        rules = {
            MERGE_GVCFS: bcftools_merge.memory_gib,
            Step.AGGREGATE_QC: multiqc.cohort_memory_gib,
        }
        for step, memory_gib in rules.items():
            if step in tools and tools[step].memory_gib is None:
                tools[step] = replace(tools[step], memory_gib=memory_gib(samples))
        return tools

    @property
    def _results(self) -> S3Uri:
        default = f"s3://{self.results_bucket}/results/cohorts/{self.sound.get('cohortId', '')}"
        return S3Uri.parse(self.sound.get("resultsS3Path", default)).as_folder()

    def _rule_problems(self, document: object) -> Iterator[Problem]:
        yield from argument_problems(self.sound, JOINT_CALLING)
        yield from genes_problems(document)
        if self._results.bucket != self.results_bucket:
            yield Problem(
                "$.resultsS3Path",
                f"must lie in this stack's results bucket, s3://{self.results_bucket}/",
            )
        listed = self._uri(QC_FILES)
        if listed and (listed.bucket, listed.key.partition("/")[0]) != (
            self.results_bucket,
            _COHORTS,
        ):
            yield Problem(
                f"$.{QC_FILES}",
                f"must lie below {_COHORTS}/ of the results bucket, where the job may read it",
            )
        keys = ("referenceS3Path", *_ANNOTATION)
        read = ((f"$.{key}", uri) for key in keys if (uri := self._uri(key)))
        yield from misplaced_results(self._results / JOINT_FOLDER, read)
