"""A sample as the tools see it: its reads, its reference, and where its results go."""

from dataclasses import dataclass, field

from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sequencing import Sequencing


@dataclass(frozen=True, slots=True)
class Lane:
    """The two FASTQ objects of one lane: first and second reads of the same fragments."""

    read1: S3Uri
    read2: S3Uri


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample, with the reference and the genes (GFF3, if any) that it is compared with.

    `sequencing` is None where nobody has said it.
    """

    sample_id: str
    lanes: tuple[Lane, ...]
    reference: S3Uri
    annotation: S3Uri | None
    layout: ResultLayout
    sequencing: Sequencing | None = field(default=None, kw_only=True)

    @property
    def reads(self) -> tuple[S3Uri, ...]:
        """Every FASTQ object, lane by lane."""
        return tuple(uri for lane in self.lanes for uri in (lane.read1, lane.read2))
