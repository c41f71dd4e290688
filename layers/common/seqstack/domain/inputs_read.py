"""All input objects of a run, with their paths in the input."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seqstack.domain.run_input import ToolSettings
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.definition import FAIDX, ReferenceIndex

READS_KEYS: Final = ("fastq1S3Path", "fastq2S3Path", "readsS3Path")
"""The keys of the input that name a sample's reads."""

ALT_SUFFIX: Final = ".alt"
"""Of bwa's list of alternative contigs, beside the FASTA."""


@dataclass(frozen=True, slots=True)
class ObjectRead:
    """An object, its JSON path, and a hint if it is absent.

    One that `is_optional` is used if it exists.
    """

    path: str
    uri: S3Uri
    hint: str = "upload it or correct the path"
    is_optional: bool = False


def objects_read(
    document: Mapping[str, Any], tools: Collection[ToolSettings]
) -> Iterator[ObjectRead]:
    """Yield what must exist and be readable before the first job is submitted.

    `document` is the valid part of the input, `tools` are the run's.
    """
    for key in READS_KEYS:
        yield from _lanes_read(f"$.{key}", document.get(key, []))
    indexes = dict.fromkeys(i for each in tools for i in each.tool.definition.indexes)
    for key, wanted in (("referenceS3Path", [*indexes]), ("readsReferenceS3Path", [FAIDX])):
        if key in document:
            reference = S3Uri.parse(document[key])
            yield ObjectRead(f"$.{key}", reference)
            for index in wanted:
                yield from _index_read(f"$.{key}", reference, index)
    if "referenceS3Path" in document:
        alt = S3Uri.parse(document["referenceS3Path"]).with_suffix(ALT_SUFFIX)
        yield ObjectRead("$.referenceS3Path", alt, is_optional=True)
    for each in tools:
        own = each.tool.definition.own_reference
        if own and each.own_reference:
            yield ObjectRead(
                f"$.{each.tool}.referenceS3Path", each.own_reference / own.required, own.hint
            )
    for key in (
        *("annotationS3Path", "annotationDatabaseS3Path"),
        *("targetRegionsS3Path", "sitesS3Path"),
    ):
        if key in document:
            yield ObjectRead(f"$.{key}", S3Uri.parse(document[key]))


def _lanes_read(path: str, lanes: str | list[str | None]) -> Iterator[ObjectRead]:
    if isinstance(lanes, str):
        yield ObjectRead(path, S3Uri.parse(lanes))
        return
    for number, uri in enumerate(lanes):
        if uri is not None:  # the schema has reported it
            yield ObjectRead(f"{path}[{number}]", S3Uri.parse(uri))


def _index_read(path: str, reference: S3Uri, index: ReferenceIndex) -> Iterator[ObjectRead]:
    program = " ".join(index.command_for("")).strip()
    files = "the index" if len(index.suffixes) == 1 else f"all {len(index.suffixes)} files"
    for suffix in index.suffixes:
        yield ObjectRead(
            path,
            reference.with_suffix(suffix),
            f"run `{program}` on the reference and upload {files} beside it",
        )
