"""What all tools take and read that make something of a prepared FASTA."""

from collections.abc import Mapping
from typing import Protocol

from seqstack.domain.option_grammar import Grammar
from seqstack.domain.reference.layout import ReferenceLayout
from seqstack.domain.s3uri import S3Uri

NO_OPTIONS = Grammar("the preparation of a reference", {})
"""Options would change the index behind the back of the runs that use it."""


class ReferenceSources(Protocol):
    """The part of a run of `prepare_reference` that its tools read."""

    @property
    def layout(self) -> ReferenceLayout: ...  # noqa: D102 - as `ReferenceRun` has it
    @property
    def reference(self) -> S3Uri: ...  # noqa: D102
    @property
    def annotation(self) -> S3Uri | None: ...  # noqa: D102
    @property
    def targets(self) -> S3Uri | None: ...  # noqa: D102
    @property
    def alt(self) -> S3Uri | None: ...  # noqa: D102
    @property
    def sites(self) -> S3Uri | None: ...  # noqa: D102
    @property
    def genetic_codes(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def left_out(self) -> tuple[str, ...]: ...  # noqa: D102


def index_arguments(run: ReferenceSources, _reference: S3Uri) -> list[str]:
    """The options of a tool that indexes the prepared FASTA."""
    return ["--fasta_s3_path", str(run.layout.fasta)]


def index_inputs(run: ReferenceSources, _reference: S3Uri) -> tuple[S3Uri, ...]:
    """What such a tool reads."""
    return (run.layout.fasta,)
