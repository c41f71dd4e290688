"""A run's input as values: the sample, its lanes, its reference, and the tool of each step."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from seqstack.domain.reads.parts import Part, all_parts, part_step
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.scratch import scratch_share
from seqstack.domain.words import StepName
from seqstack.tools.fastp import TrimmedSample
from seqstack.tools.registry import Tool
from seqstack.workflows.definition import StepDefinition

# All runs without a submitter have one share together.
DEFAULT_SUBMITTER = "default"
DEFAULT_WORKING_DIR = "/scratch"  # the original workflow's
# Sorting and marking duplicates, compared with aligning: an estimate (docs/runs.md).
_SHARE_OF_JOINING = 0.1


class _WithReference(Protocol):
    @property
    def reference(self) -> S3Uri: ...


def requester_pays(document: object) -> bool:
    """Whether a run's input says that it pays for what it reads (`requesterPays`)."""
    return isinstance(document, Mapping) and document.get("requesterPays") is True


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """One tool's block of the input; None and "" mean the stack's defaults.

    `own_reference` is the folder with the reference in the tool's own form, if it has one.

    A job does a `part` of the tool's work, or joins what `parts` jobs have done, or does all.
    """

    tool: Tool
    job_definition: str | None = None
    job_queue: str | None = None
    cmd_args: str = ""
    memory_gib: int | None = None
    own_reference: S3Uri | None = None
    part: Part | None = None
    parts: int = 0

    @property
    def share_of_work(self) -> float:
        """How long the job takes, compared with one that does all of its tool's work."""
        if self.part:
            return 1 / self.part.count
        return _SHARE_OF_JOINING if self.parts else 1.0

    @property
    def share_of_scratch(self) -> float:
        """The scratch that it needs, compared with such a job."""
        return scratch_share(self.tool.definition, self.part.count) if self.part else 1.0

    def reference_of(self, run: _WithReference) -> S3Uri:
        """The reference for this tool: in its own form, or the run's FASTA."""
        return self.own_reference or run.reference


@dataclass(frozen=True, slots=True)
class RunInput(TrimmedSample):
    """A checked input with its defaults filled in.

    `use_cache` is its key `cache`, `fails_on_warnings` its key `failOnWarnings`.

    `cohort_id` is empty for a run without a cohort, `cohort_size` (samples) 0 if unknown.
    `reference_name` is the prepared reference that it names, if any. `project` is whom the cost is
    for, if given. `submitter` is its fair share of the hosts. `tags` are the user's own.
    """

    working_dir: str
    steps: tuple[StepDefinition, ...]
    tools: Mapping[StepName, ToolSettings]
    submitter: str = DEFAULT_SUBMITTER
    use_cache: bool = True
    fails_on_warnings: bool = False
    cohort_id: str = ""
    cohort_size: int = 0
    project: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    reference_name: str = ""

    @property
    def results(self) -> S3Uri:
        """The folder that holds the results of all samples."""
        return self.layout.results

    @property
    def finished(self) -> None:
        """None: each run of a sample makes its own results."""

    @property
    def subject(self) -> str:
        """Empty, because the run has a sample."""
        return ""

    def in_parts(self, whole: StepName, count: int) -> Self:
        """The same run, with the work of one step done by steps for its parts; it joins them."""
        step = next(each for each in self.steps if each.name == whole)
        settings = self.tools[whole]
        parts = {
            part_step(whole, part.number): replace(settings, part=part) for part in all_parts(count)
        }
        return replace(
            self,
            steps=(*(step.part(part.number) for part in all_parts(count)), *self.steps),
            tools={**parts, **self.tools, whole: replace(settings, parts=count)},
        )
