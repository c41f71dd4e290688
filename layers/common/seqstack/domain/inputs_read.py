"""Every object that a run reads before it writes any, and where the input names it."""

from collections.abc import Iterator
from dataclasses import dataclass

from seqstack.domain.run_input import RunInput
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step, Tool

# made by `bwa index`
_BWA_INDEX_SUFFIXES = (".amb", ".ann", ".bwt", ".pac", ".sa")


@dataclass(frozen=True, slots=True)
class ObjectRead:
    """An object, the JSON path that leads to it, and how to make it where it is absent."""

    path: str
    uri: S3Uri
    cure: str = "upload it or correct the path"


def objects_read(run: RunInput) -> Iterator[ObjectRead]:
    """Yield what must exist and be readable before the first job is submitted."""
    listed = len(run.lanes) > 1
    for number, lane in enumerate(run.lanes):
        suffix = f"[{number}]" if listed else ""
        yield ObjectRead(f"$.fastq1S3Path{suffix}", lane.read1)
        yield ObjectRead(f"$.fastq2S3Path{suffix}", lane.read2)
    yield ObjectRead("$.referenceS3Path", run.reference)
    yield ObjectRead(
        "$.referenceS3Path",
        run.reference.with_suffix(".fai"),
        "run `samtools faidx` on the reference and upload the index beside it",
    )
    aligner = run.tools[Step.ALIGN]
    if aligner.tool is Tool.BWA:
        for suffix in _BWA_INDEX_SUFFIXES:
            yield ObjectRead(
                "$.referenceS3Path",
                run.reference.with_suffix(suffix),
                "run `bwa index` on the reference and upload all five files beside it",
            )
    if aligner.isaac_reference:
        yield ObjectRead(
            "$.isaac.referenceS3Path",
            aligner.isaac_reference / "sorted-reference.xml",
            "run `isaac-sort-reference` and upload its output and the FASTA to that folder",
        )
    if run.annotation:
        yield ObjectRead("$.annotationS3Path", run.annotation)
