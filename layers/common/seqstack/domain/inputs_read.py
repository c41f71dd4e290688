"""Every object that a run reads before it writes any, and where the input names it."""

from collections.abc import Iterator
from dataclasses import dataclass

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_inputs import BWA_INDEX_SUFFIXES
from seqstack.domain.words import Step, Tool


@dataclass(frozen=True, slots=True)
class ObjectRead:
    """An object, the JSON path that leads to it, and how to make it where it is absent."""

    path: str
    uri: S3Uri
    cure: str = "upload it or correct the path"


def objects_read(checked: CheckedInput) -> Iterator[ObjectRead]:
    """Yield what must exist and be readable before the first job is submitted."""
    document, aligner = checked.sound, checked.tools[Step.ALIGN]
    for key in ("fastq1S3Path", "fastq2S3Path"):
        yield from _lanes_read(f"$.{key}", document.get(key, []))
    if "referenceS3Path" in document:
        yield from _reference_read(S3Uri.parse(document["referenceS3Path"]), aligner.tool)
    if aligner.isaac_reference:
        yield ObjectRead(
            "$.isaac.referenceS3Path",
            aligner.isaac_reference / "sorted-reference.xml",
            "run `isaac-sort-reference` and upload its output and the FASTA to that folder",
        )
    if "annotationS3Path" in document:
        yield ObjectRead("$.annotationS3Path", S3Uri.parse(document["annotationS3Path"]))


def _lanes_read(path: str, lanes: str | list[str | None]) -> Iterator[ObjectRead]:
    if isinstance(lanes, str):
        yield ObjectRead(path, S3Uri.parse(lanes))
        return
    for number, uri in enumerate(lanes):
        if uri is not None:  # the schema has found it wrong
            yield ObjectRead(f"{path}[{number}]", S3Uri.parse(uri))


def _reference_read(reference: S3Uri, aligner: Tool) -> Iterator[ObjectRead]:
    yield ObjectRead("$.referenceS3Path", reference)
    yield ObjectRead(
        "$.referenceS3Path",
        reference.with_suffix(".fai"),
        "run `samtools faidx` on the reference and upload the index beside it",
    )
    if aligner is Tool.BWA:
        for suffix in BWA_INDEX_SUFFIXES:
            yield ObjectRead(
                "$.referenceS3Path",
                reference.with_suffix(suffix),
                "run `bwa index` on the reference and upload all five files beside it",
            )
