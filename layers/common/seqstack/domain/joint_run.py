"""The input of a run of `joint_calling` as values."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from seqstack.domain.results import ResultLayout
from seqstack.domain.run_input import DEFAULT_SUBMITTER, DEFAULT_WORKING_DIR, ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import StepName
from seqstack.workflows.definition import StepDefinition

JOINT_FOLDER: Final = "joint/"
_VERSION_CHARACTERS = 16


def joint_layout(results: S3Uri, list_identity: str) -> ResultLayout:
    """Where the joint VCF of a list goes, in the results folder of a cohort.

    Each set of samples has a folder of its own, so that another set does not replace its results.
    """
    version = hashlib.sha256(list_identity.encode()).hexdigest()[:_VERSION_CHARACTERS]
    return ResultLayout(results.as_folder() / JOINT_FOLDER, version)


@dataclass(frozen=True, slots=True)
class JointRun:
    """A checked input with its defaults filled in.

    `gvcfs` lists what is merged, `qc_files` what is reported, if a report is to be made.
    `variants_step` is the step that makes the VCF. `genetic_codes` and `left_out` are as in
    `Sample`.
    """

    gvcfs: S3Uri
    reference: S3Uri
    annotation: S3Uri | None
    database: S3Uri | None
    layout: ResultLayout
    steps: tuple[StepDefinition, ...]
    tools: Mapping[StepName, ToolSettings]
    cohort_id: str
    qc_files: S3Uri | None = None
    genetic_codes: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    submitter: str = DEFAULT_SUBMITTER
    use_cache: bool = True
    fails_on_warnings: bool = False
    project: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    reference_name: str = ""
    sample_id: str = ""
    working_dir: str = DEFAULT_WORKING_DIR
    variants_step: str = "mergeGvcfs"
    cohort_size: int = 0

    @property
    def subject(self) -> str:
        """The cohort, and which set of its samples."""
        return f"{self.cohort_id}/{self.layout.sample_id}"

    @property
    def results(self) -> S3Uri:
        """The folder of all joint VCFs of the cohort."""
        return self.layout.results

    @property
    def reads(self) -> tuple[S3Uri, ...]:
        """The list, which counts with the size of what it lists."""
        return (self.gvcfs,)

    @property
    def finished(self) -> None:
        """None: each run makes its own results."""
