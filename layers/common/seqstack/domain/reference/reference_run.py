"""The input of a run of `prepare_reference` as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seqstack.domain.reference.layout import ReferenceLayout
from seqstack.domain.run_input import DEFAULT_SUBMITTER, DEFAULT_WORKING_DIR, ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.workflows.definition import StepDefinition


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """A checked input with its defaults filled in.

    `reference` is the FASTA that the user gives, `alt` bwa's list of its alternative contigs,
    `sites` common SNVs.
    """

    layout: ReferenceLayout
    reference: S3Uri
    annotation: S3Uri | None
    targets: S3Uri | None
    alt: S3Uri | None
    sites: S3Uri | None
    steps: tuple[StepDefinition, ...]
    tools: Mapping[StepName, ToolSettings]
    genetic_codes: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    submitter: str = DEFAULT_SUBMITTER
    fails_on_warnings: bool = False
    project: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    sample_id: str = ""
    working_dir: str = DEFAULT_WORKING_DIR
    use_cache: bool = True
    cohort_id: str = ""
    cohort_size: int = 0

    @property
    def subject(self) -> str:
        """The reference's name and version."""
        return f"{self.layout.name}/{self.layout.version}"

    @property
    def results(self) -> S3Uri:
        """The folder that holds all versions of the reference."""
        return self.layout.root.parent

    @property
    def reads(self) -> tuple[S3Uri, ...]:
        """The FASTA, whose size the need of scratch grows with."""
        return (self.reference,)

    @property
    def reference_name(self) -> str:
        """Empty: it is made from objects that the input names."""
        return ""

    @property
    def finished(self) -> S3Uri:
        """The manifest: the version is whole once it is there."""
        return self.layout.manifest
