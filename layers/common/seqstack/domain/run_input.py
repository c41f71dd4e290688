"""A run's input as values: the sample, its lanes, its reference, and the tool of each step."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step, Tool

# Runs that name no submitter draw on one share together.
DEFAULT_SUBMITTER = "default"


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """One tool's block of the input; None and "" stand for the stack's defaults."""

    tool: Tool
    job_definition: str | None = None
    job_queue: str | None = None
    cmd_args: str = ""
    memory_gib: int | None = None
    isaac_reference: S3Uri | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """The two FASTQ objects of one lane: first and second reads of the same fragments."""

    read1: S3Uri
    read2: S3Uri


@dataclass(frozen=True, slots=True)
class RunInput:
    """A checked input with its defaults filled in; `use_cache` is its key `cache`.

    `cohort_id` is empty for a run of no cohort, `cohort_size` (samples) 0 where nobody has said it.
    `project` is whom the cost is for, if anybody was named. `submitter` is whose share of the hosts
    the run draws on. `tags` are the user's own.
    """

    sample_id: str
    lanes: tuple[Lane, ...]
    reference: S3Uri
    annotation: S3Uri | None
    layout: ResultLayout
    working_dir: str
    tools: Mapping[Step, ToolSettings]
    submitter: str = DEFAULT_SUBMITTER
    use_cache: bool = True
    cohort_id: str = ""
    cohort_size: int = 0
    project: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
