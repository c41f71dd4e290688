"""What functions need of the input of a run, whichever workflow it is of."""

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
    """

    objects: Mapping[S3Uri, str] = field(default_factory=dict)
    images: Mapping[StepName, str] = field(default_factory=dict)


class PlannedRun(Protocol):
    """A checked input as values: what its steps are planned by, and what the run's row says.

    Tools get it as the first argument of their `arguments` and `inputs`, and know what more it has.

    Attributes:
        sample_id: empty for a run that is of no sample.
        subject: what such a run is of, for people: the name of a reference, say.
        steps: the run's own steps, in their order.
        tools: the tool of each.
        results: the folder that holds the results of many runs.
        layout: the folder in it that is the run's own.
        reads: the objects whose bytes the steps' need of scratch grows with.
        reference: the FASTA, for tools that take no reference of another form.
        reference_name: the prepared reference that its input names, with its version; or empty.
        finished: an object that is there only if an earlier run has made the same results, which
            never change; None if each run makes its own.
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
    """A run's input document, checked by all that need not ask AWS."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with it."""

    @property
    def sound(self) -> Mapping[str, Any]:
        """The part of the document that nothing is wrong with.

        `referenceS3Path` and `annotationS3Path` are looked at as reference and annotation.
        """

    @property
    def tools(self) -> Mapping[StepName, ToolSettings]:
        """The tool of each of the run's own steps, as far as the document is sound."""

    @property
    def fails_on_warnings(self) -> bool:
        """True where anything suspicious is to fail the run."""

    def objects_read(self) -> Iterable[ObjectRead]:
        """What must exist and be readable before the first job is submitted.

        Those of `$.fastq1S3Path` and `$.fastq2S3Path` are looked at as FASTQ files.
        """

    def as_run_input(self, content: RunContent) -> PlannedRun:
        """The document as values; only for one without problems."""
