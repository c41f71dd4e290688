"""What the checked input documents of all workflows have in common."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from seqstack.domain.errors import Problem
from seqstack.domain.input_schema import check_schema
from seqstack.domain.json_text import cap_problem
from seqstack.domain.run_input import ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import WorkflowDefinition


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document's problems, and its valid part.

    Later checks use the valid part, so that one error can list all problems: a missing FASTQ is
    found even if other keys are wrong. An invalid item of a list is None there.
    """

    workflow: ClassVar[WorkflowDefinition]

    problems: tuple[Problem, ...]
    sound: Mapping[str, Any]
    results_bucket: str

    @classmethod
    def of(cls, document: object, results_bucket: str) -> Self:
        """Check `document` against the workflow's schema and further rules.

        `results_bucket` is the only bucket that jobs may write to; by default, results go there.
        """
        too_much = cap_problem(document)
        if too_much:  # schema and rules would process all of it recursively
            return cls((too_much,), {}, results_bucket)
        problems, sound = check_schema(document, cls.workflow)
        checked = cls((), sound, results_bucket)
        return cls((*problems, *checked._rule_problems(document)), sound, results_bucket)

    def _rule_problems(self, _document: object) -> Iterable[Problem]:
        """The document's problems that the schema can't express."""
        return ()

    @property
    def tools(self) -> dict[StepName, ToolSettings]:
        """The tool of each of the run's steps: the one that has a block, or the default."""
        chosen = self.workflow.chosen_tools(self.sound)
        return {step: self._settings(tool) for step, tool in chosen.items()}

    @property
    def fails_on_warnings(self) -> bool:
        """True if warnings fail the run."""
        return bool(self.sound.get("failOnWarnings", False))

    def _settings(self, tool: Tool) -> ToolSettings:
        block = self.sound.get(tool, {})
        memory = block.get("memory")
        return ToolSettings(
            tool=tool,
            job_definition=block.get("jobDefinition"),
            job_queue=block.get("jobQueue"),
            cmd_args=block.get("cmdArgs", "").strip(),
            # JSON Schema accepts 16.0 as an integer
            memory_gib=None if memory is None else int(memory),
            own_reference=self._own_reference(tool, block),
        )

    def _own_reference(self, tool: Tool, block: Mapping[str, Any]) -> S3Uri | None:
        own = tool.definition.own_reference
        if own is None:
            return None
        if "referenceS3Path" in block:
            return S3Uri.parse(block["referenceS3Path"]).as_folder()
        reference = self._uri("referenceS3Path")
        return reference.parent / own.folder if reference else None

    def _uri(self, key: str) -> S3Uri | None:
        return S3Uri.parse(self.sound[key]) if key in self.sound else None
