"""Protocols of a run's checked input, for all workflows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from seqstack.domain.errors import Problem
from seqstack.domain.inputs_read import ObjectRead
from seqstack.domain.results import ResultsFolder
from seqstack.domain.run_input import ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.workflows.definition import StepDefinition


@dataclass(frozen=True, slots=True)
class RunContent:
    """The content that a run's results depend on besides its input.

    Attributes:
        objects: the identity of each object that it reads, as `ObjectsFound` has it.
        images: the image of each of its steps, by digest where that is known.
        sizes: of objects, in bytes.
        regions: the region of each bucket that is in another one than the stack.
        samples: the number of samples that a list of its input names.
    """

    objects: Mapping[S3Uri, str] = field(default_factory=dict)
    images: Mapping[StepName, str] = field(default_factory=dict)
    sizes: Mapping[S3Uri, int] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    samples: int = 1


class PlannedRun(Protocol):
    """A checked input as values, for the plans of steps and the run's row.

    Tools get it as the first argument of their `arguments` and `inputs`, and know the workflow's
    own type.

    Attributes:
        sample_id: empty for a run without a sample.
        subject: the subject of such a run, for people, such as the name of a reference.
        steps: the run's own steps, in their order.
        tools: the tool of each.
        results: the folder that holds the results of many runs.
        layout: the folder in it that is the run's own.
        reads: the objects whose size determines the steps' need of scratch.
        reference: the FASTA, for tools without their own form of reference.
        reference_name: the prepared reference that its input names, with its version; or empty.
        finished: an object that exists only if an earlier run made the same results, which never
            change; None if each run makes its own.
    """

    @property
    def sample_id(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def steps(self) -> tuple[StepDefinition, ...]: ...
    @property
    def tools(self) -> Mapping[StepName, ToolSettings]: ...
    @property
    def results(self) -> S3Uri: ...
    @property
    def layout(self) -> ResultsFolder: ...
    @property
    def reads(self) -> tuple[S3Uri, ...]: ...
    @property
    def reference(self) -> S3Uri: ...
    @property
    def reference_name(self) -> str: ...
    @property
    def finished(self) -> S3Uri | None: ...
    @property
    def working_dir(self) -> str: ...
    @property
    def submitter(self) -> str: ...
    @property
    def use_cache(self) -> bool: ...
    @property
    def fails_on_warnings(self) -> bool: ...
    @property
    def cohort_id(self) -> str: ...
    @property
    def cohort_size(self) -> int: ...
    @property
    def project(self) -> str: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


class CheckedRun(Protocol):
    """A run's input document, after all checks that do not need AWS."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems."""

    @property
    def sound(self) -> Mapping[str, Any]:
        """The valid part of the document.

        `referenceS3Path` and `annotationS3Path` are checked as reference and annotation.
        """

    @property
    def tools(self) -> Mapping[StepName, ToolSettings]:
        """The tool of each of the run's own steps, from the valid part of the document."""

    @property
    def fails_on_warnings(self) -> bool:
        """True where anything suspicious is to fail the run."""

    def objects_read(self) -> Iterable[ObjectRead]:
        """What must exist and be readable before the first job is submitted.

        Those of `$.fastq1S3Path` and `$.fastq2S3Path` are checked as FASTQ files.
        """

    def as_run_input(self, content: RunContent) -> PlannedRun:
        """The document as values; only for one without problems."""
