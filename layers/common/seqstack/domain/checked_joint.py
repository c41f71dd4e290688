"""The input document of `joint_calling`, checked by schema and rules, and read as values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from seqstack.domain.checked_run import RunContent
from seqstack.domain.errors import Problem
from seqstack.domain.input_rules import argument_problems, genes_problems
from seqstack.domain.input_schema import check_schema
from seqstack.domain.inputs_read import ObjectRead, objects_read
from seqstack.domain.joint_run import JOINT_FOLDER, JointRun, joint_layout
from seqstack.domain.json_text import cap_problem
from seqstack.domain.results_place import misplaced_results
from seqstack.domain.run_input import DEFAULT_SUBMITTER, ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step, StepName
from seqstack.tools import bcftools_merge, multiqc
from seqstack.tools.registry import Tool
from seqstack.workflows.joint_calling import JOINT_CALLING, MERGE_GVCFS

GVCFS, QC_FILES = "gvcfsS3Path", "qcFilesS3Path"
_COHORTS = "cohorts"
_ANNOTATION = ("annotationS3Path", "annotationDatabaseS3Path")


@dataclass(frozen=True, slots=True)
class CheckedJoint:
    """What is wrong with a document, and the part of it that is not."""

    problems: tuple[Problem, ...]
    sound: Mapping[str, Any]
    results_bucket: str

    @classmethod
    def of(cls, document: object, results_bucket: str) -> Self:
        """Check `document`; by default, results go below `results/` of `results_bucket`."""
        too_much = cap_problem(document)
        if too_much:
            return cls((too_much,), {}, results_bucket)
        problems, sound = check_schema(document, JOINT_CALLING)
        checked = cls((), sound, results_bucket)
        return cls((*problems, *checked._rule_problems(document)), sound, results_bucket)

    @property
    def tools(self) -> dict[StepName, ToolSettings]:
        """The tool of each of the run's steps: the one that has a block, or the default."""
        chosen = JOINT_CALLING.chosen_tools(self.sound)
        return {step: self._settings(tool) for step, tool in chosen.items()}

    @property
    def fails_on_warnings(self) -> bool:
        """True where anything suspicious is to fail the run."""
        return bool(self.sound.get("failOnWarnings", False))

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

    def _uri(self, key: str) -> S3Uri | None:
        return S3Uri.parse(self.sound[key]) if key in self.sound else None

    def _settings(self, tool: Tool) -> ToolSettings:
        block = self.sound.get(tool, {})
        memory = block.get("memory")
        return ToolSettings(
            tool=tool,
            job_definition=block.get("jobDefinition"),
            job_queue=block.get("jobQueue"),
            cmd_args=block.get("cmdArgs", "").strip(),
            # JSON Schema takes 16.0 for an integer too
            memory_gib=None if memory is None else int(memory),
        )

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
