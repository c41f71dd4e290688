"""Upload a sample from this machine to S3, as inputs of the workflows."""

import gzip
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysam

from cli.uploads import key_name
from emulator.local_input import choices, choices_of_reference
from emulator.local_sample import LocalSample, LocalSampleError
from emulator.tools import indexes_of
from seqstack.domain.checked_reference import CheckedReference
from seqstack.domain.inputs_read import ALT_SUFFIX
from seqstack.domain.reference.named import KEY
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.registry import Tool

INPUTS = S3Uri("local-inputs", "")
"""The emulator's bucket for files of this machine."""

_GZIP_MAGIC = b"\x1f\x8b"
_COPY_BYTES = 1 << 20
_MOST_NAME = 64

type Upload = Callable[[Path, str], str]


@dataclass(frozen=True, slots=True)
class StagedReference:
    """An uploaded reference.

    Attributes:
        keys: the keys of `secondary_analysis`'s input that say where it is.
        preparation: the input of `prepare_reference`, which has to run before; None if the
            reference was uploaded with its indexes.
    """

    keys: dict[str, Any]
    preparation: dict[str, Any] | None


def stage_reads(sample: LocalSample, s3: Any, folder: S3Uri, work: Path) -> dict[str, Any]:
    """Upload the sample's reads to `folder`; return the run's input without its reference.

    FASTQ files are compressed in `work`, if they are not; the user's own files are only read.

    Raises:
        LocalSampleError: a file can't be used.
    """
    return {
        "sampleId": sample.sample_id,
        **_reads_sent(sample, work, _to(s3, folder)),
        **choices(sample),
    }


def stage_reference(sample: LocalSample, s3: Any, folder: S3Uri, name: str = "") -> StagedReference:
    """Upload the sample's reference and annotation to `folder`.

    It is prepared as `name`; by default, as its file is named.
    """
    keys = _reference_sent(sample, _to(s3, folder))
    if has_indexes(sample):
        return StagedReference(keys, None)
    name = name or _reference_name(sample.reference)
    preparation = {"name": name, "aligners": [str(sample.aligner)], **keys}
    return StagedReference({KEY: name}, preparation)


def has_indexes(sample: LocalSample) -> bool:
    """True if every index of the reference lies beside it, and is not older."""
    tools = sample.tools
    if is_gzipped(sample.reference) or any(tool.definition.own_reference for tool in tools):
        return False
    return all(index_is_fresh(sample.reference, suffix) for suffix in _suffixes(sample))


def preparing_tools(sample: LocalSample) -> list[Tool]:
    """The tools that prepare the sample's reference; none if it has its indexes."""
    if has_indexes(sample):
        return []
    document = {"aligners": [str(sample.aligner)]}
    if sample.annotation:
        document["annotationS3Path"] = [str(sample.annotation)]
    return [settings.tool for settings in CheckedReference((), document, "").tools.values()]


def _to(s3: Any, folder: S3Uri) -> Upload:
    """Uploads a file to a key of a folder; returns its URI."""

    def upload(path: Path, key: str) -> str:
        uri = folder / key
        s3.upload_file(str(path), uri.bucket, uri.key)
        return str(uri)

    return upload


def _reference_sent(sample: LocalSample, upload: Upload) -> dict[str, Any]:
    """The reference's keys, for a run's input or for that of its preparation."""
    fasta = sample.reference
    sent: dict[str, Any] = {"referenceS3Path": upload(fasta, f"reference/{key_name(fasta)}")}
    if has_indexes(sample):
        for suffix in _suffixes(sample):
            upload(_beside(fasta, suffix), f"reference/{key_name(fasta)}{suffix}")
    if (alt := _beside(fasta, ALT_SUFFIX)).is_file():
        uri = upload(alt, f"reference/{key_name(fasta)}{ALT_SUFFIX}")
        sent |= {} if has_indexes(sample) else {"altS3Path": uri}
    if sample.annotation:
        key = f"annotation/{key_name(sample.annotation)}"
        sent["annotationS3Path"] = upload(sample.annotation, key)
    if sample.targets:
        key = f"targets/{key_name(sample.targets)}"
        sent["targetRegionsS3Path"] = upload(sample.targets, key)
    if sample.sites:
        sent["sitesS3Path"] = upload(sample.sites, f"sites/{key_name(sample.sites)}")
    return sent | choices_of_reference(sample)


def _reads_sent(sample: LocalSample, work: Path, upload: Upload) -> dict[str, Any]:
    """The input's keys for the reads, which are there then."""

    def lanes(paths: tuple[Path, ...], read: int) -> list[str]:
        uris = []
        for lane, path in enumerate(paths, start=1):
            own = f"L{lane:03}/R{read}"  # lanes often have files of the same name
            packed = _gzipped(path, work / own)
            uris.append(upload(packed, f"fastq/{own}/{key_name(packed)}"))
        return uris

    if not sample.reads:
        return {"fastq1S3Path": lanes(sample.fastq1, 1), "fastq2S3Path": lanes(sample.fastq2, 2)}
    numbered = enumerate(sample.reads, start=1)
    document: dict[str, Any] = {
        "readsS3Path": [upload(path, f"reads/{n}/{key_name(path)}") for n, path in numbered]
    }
    if sample.reads_reference:
        made_with = _with_index(sample.reads_reference, work / "reads-reference")
        key = f"reads-reference/{key_name(made_with)}"
        document["readsReferenceS3Path"] = upload(made_with, key)
        upload(made_with.with_name(f"{made_with.name}.fai"), f"{key}.fai")
    return document


def _reference_name(fasta: Path) -> str:
    """The file's name without its endings, as `prepare_reference` takes it."""
    stem = fasta.name.removesuffix(".gz").rpartition(".")[0] or fasta.name
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", stem)[:_MOST_NAME]
    return name if name[0].isalnum() else f"r{name}"[:_MOST_NAME]


def _suffixes(sample: LocalSample) -> list[str]:
    return [suffix for index in indexes_of(sample.tools) for suffix in index.suffixes]


def _beside(fasta: Path, suffix: str) -> Path:
    return fasta.with_name(fasta.name + suffix)


def index_is_fresh(fasta: Path, suffix: str) -> bool:
    """True if this index of the FASTA lies beside it, and is not older."""
    index = _beside(fasta, suffix)
    return index.is_file() and index.stat().st_mtime >= fasta.stat().st_mtime


def is_gzipped(path: Path) -> bool:
    """True for a gzip file, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP_MAGIC


def _gzipped(path: Path, folder: Path) -> Path:
    if is_gzipped(path):
        return path
    folder.mkdir(parents=True, exist_ok=True)
    packed = folder / f"{path.name}.gz"
    # without a time in it, so that the same reads are the same object
    with path.open("rb") as source, gzip.GzipFile(packed, "wb", 1, mtime=0) as target:
        shutil.copyfileobj(source, target, _COPY_BYTES)
    return packed


def _unpacked(path: Path, work: Path) -> Path:
    if not is_gzipped(path):
        return path
    plain = work / path.name.removesuffix(".gz")
    try:
        with gzip.open(path) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target, _COPY_BYTES)
    except (OSError, EOFError) as error:
        raise LocalSampleError(f"{path}: can't be unpacked ({error})") from error
    return plain


def _with_index(fasta: Path, work: Path) -> Path:
    """The FASTA, unpacked and with its `.fai` beside it, in `work`."""
    work.mkdir(parents=True)
    plain = _unpacked(fasta, work)
    link = work / plain.name
    if link != plain:
        link.symlink_to(plain.resolve())
    try:
        pysam.faidx(str(link))
    except pysam.SamtoolsError as error:
        raise LocalSampleError(f"{fasta}: samtools can't index it ({error})") from error
    return link
