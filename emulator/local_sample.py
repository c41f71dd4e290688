"""Upload a sample from this machine to the emulator's S3 as a run's input."""

import gzip
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from emulator.tools import indexes_of, own_references_of
from seqstack.domain.input_schema import check_schema
from seqstack.domain.reference.fasta import scan_fasta
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import StepName
from seqstack.tools.definition import FAIDX, OwnReference, ReferenceIndex
from seqstack.tools.registry import Tool

INPUT_BUCKET = "local-inputs"
"""The emulator's bucket for files of this machine."""

_GZIP_MAGIC = b"\x1f\x8b"
_COPY_BYTES = 1 << 20

type Tell = Callable[[str], None]
type Upload = Callable[[Path, str], str]


class LocalSampleError(ValueError):
    """A file or the id of the sample is invalid."""


@dataclass(frozen=True, slots=True)
class LocalSample:
    """One sample's files; `fastq1` and `fastq2` hold one file for each lane, in the same order.

    `reads` are BAM or CRAM files in their place, `reads_reference` is the FASTA that CRAM was made
    with, if it is another than `reference`.
    `database` names a snpEff database for when there is no `annotation` (GFF3 or GTF).
    `genetic_codes` are NCBI's numbers by contig; `left_out` are contigs that the annotation may
    name although the reference lacks them.
    """

    sample_id: str
    reference: Path
    fastq1: tuple[Path, ...] = ()
    fastq2: tuple[Path, ...] = ()
    reads: tuple[Path, ...] = ()
    reads_reference: Path | None = None
    annotation: Path | None = None
    database: str = ""
    aligner: Tool = Tool.BWA
    caller: Tool = Tool.BCFTOOLS
    genetic_codes: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    fails_on_warnings: bool = False
    sequencing: Sequencing | None = None
    keeps_cram: bool = False

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that the run will use."""
        return (self.aligner, self.caller, Tool.SAMTOOLS_STATS, Tool.SNPEFF)

    @property
    def files(self) -> tuple[Path, ...]:
        """All input files."""
        others = (self.reads_reference, self.annotation)
        return (*self.fastq1, *self.fastq2, *self.reads, self.reference, *filter(None, others))


def check_sample(sample: LocalSample) -> None:
    """Check that the sample's id is valid and that every file exists, is readable and not empty.

    Raises:
        LocalSampleError: names everything that is wrong.
    """
    problems = [
        f"--sample: {problem.message}"
        for problem in check_schema({"sampleId": sample.sample_id})[0]
        if problem.path == "$.sampleId"
    ]
    problems += [problem for path in sample.files if (problem := _problem_of(path))]
    if len(sample.fastq1) != len(sample.fastq2):
        problems.append(
            f"lanes are unpaired: {len(sample.fastq1)} --fastq1 and {len(sample.fastq2)} --fastq2"
        )
    if bool(sample.reads) == bool(sample.fastq1 or sample.fastq2):
        problems.append("give --fastq1 and --fastq2, or --reads (BAM or CRAM) in their place")
    reads = [path.resolve() for path in (*sample.fastq1, *sample.fastq2, *sample.reads)]
    problems += [
        f"{path}: given more than once" for path in dict.fromkeys(reads) if reads.count(path) > 1
    ]
    if sample.annotation and sample.database:
        problems.append("both --annotation and --database: give one of them")
    if sample.annotation is None and not sample.database:
        problems.append("no annotation: give --annotation GENES (GFF3 or GTF) or --database NAME")
    if problems:
        raise LocalSampleError("\n".join(problems))


def annotation_beside(reference: Path) -> Path | None:
    """The GFF3 or GTF file with the reference's name beside it, if there is one."""
    stem = reference.name.removesuffix(".gz")
    stem = stem.rpartition(".")[0] or stem
    for suffix in (".gff3", ".gff3.gz", ".gff", ".gff.gz", ".gtf", ".gtf.gz"):
        if (path := reference.with_name(stem + suffix)).is_file():
            return path
    return None


def stage(
    sample: LocalSample, s3: Any, work: Path, tell: Tell, into: S3Uri | None = None
) -> dict[str, Any]:
    """Upload the sample's files and return the run's input.

    They go to the folder `into`; without one to INPUT_BUCKET, which is created. If necessary, FASTQ
    files are compressed and the reference is unpacked and indexed, in `work`; the user's own files
    are only read. `tell` is called with messages on progress.

    Raises:
        LocalSampleError: a file can't be used.
        subprocess.CalledProcessError: an index, or a tool's own reference, can't be made.
    """
    if into is None:
        s3.create_bucket(Bucket=INPUT_BUCKET)
    folder = into or S3Uri(INPUT_BUCKET, "")

    def upload(path: Path, key: str) -> str:
        uri = folder / key
        s3.upload_file(str(path), uri.bucket, uri.key)
        return str(uri)

    tell("Uploading reads")
    document = {"sampleId": sample.sample_id, **_reads_sent(sample, work, upload)}
    reference = _unpacked(sample.reference, work)
    indexes = indexes_of(sample.tools)
    suffixes = [suffix for index in indexes for suffix in index.suffixes]
    if any(not _index_is_fresh(reference, suffix) for suffix in suffixes):
        tell("Indexing the reference")
        _require_sound(reference, sample.reference)
        reference = _indexed(reference, work, indexes)
    tell("Uploading the reference")
    document["referenceS3Path"] = upload(reference, f"reference/{_key_name(reference)}")
    for suffix in suffixes:
        index = reference.with_name(reference.name + suffix)
        upload(index, f"reference/{_key_name(index)}")
    if sample.annotation:
        key = f"annotation/{_key_name(sample.annotation)}"
        document["annotationS3Path"] = upload(sample.annotation, key)
    document |= _choices(sample)
    for own in own_references_of(sample.tools):
        tell(f"Making a reference by {own.program.name}")
        for path in _own_reference(reference, work, own):
            upload(path, f"reference/{own.folder}{_key_name(path)}")
    for tool in sample.tools:
        document[str(tool)] = {}
    if sample.database:
        document[str(Tool.SNPEFF)] = {"cmdArgs": sample.database}
    return document


def _choices(sample: LocalSample) -> dict[str, Any]:
    """The input's keys that name no file, as far as they were given."""
    given = {
        "geneticCodes": dict(sample.genetic_codes),
        "annotationLeftOut": list(sample.left_out),
        "failOnWarnings": sample.fails_on_warnings,
        "alignmentFormat": "cram" if sample.keeps_cram else "",
        "sequencing": str(sample.sequencing or ""),
    }
    return {key: value for key, value in given.items() if value}


def _reads_sent(sample: LocalSample, work: Path, upload: Upload) -> dict[str, Any]:
    """The input's keys for the reads, which are there then."""

    def lanes(paths: tuple[Path, ...], read: int) -> list[str]:
        uris = []
        for lane, path in enumerate(paths, start=1):
            own = f"L{lane:03}/R{read}"  # lanes often have files of the same name
            packed = _gzipped(path, work / own)
            uris.append(upload(packed, f"fastq/{own}/{_key_name(packed)}"))
        return uris

    if not sample.reads:
        return {"fastq1S3Path": lanes(sample.fastq1, 1), "fastq2S3Path": lanes(sample.fastq2, 2)}
    numbered = enumerate(sample.reads, start=1)
    document: dict[str, Any] = {
        "readsS3Path": [upload(path, f"reads/{n}/{_key_name(path)}") for n, path in numbered]
    }
    if sample.reads_reference:
        made_with = _with_indexes(sample.reads_reference, work / "reads-reference", (FAIDX,))
        key = f"reads-reference/{_key_name(made_with)}"
        document["readsReferenceS3Path"] = upload(made_with, key)
        upload(made_with.with_name(f"{made_with.name}.fai"), f"{key}.fai")
    return document


def tools_by_step(sample: LocalSample) -> dict[StepName, Tool]:
    """The tool of each step of the run that `stage` prepares."""
    return {tool.step: tool for tool in sample.tools}


def _key_name(path: Path) -> str:
    """The file's name as a key, without characters that S3 URIs may not have."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", path.name)


def _problem_of(path: Path) -> str | None:
    if path.is_dir():
        return f"{path}: is a folder"
    if not path.is_file():
        return f"{path}: no such file"
    try:
        with path.open("rb") as file:
            return None if file.read(1) else f"{path}: the file is empty"
    except OSError as error:
        return f"{path}: can't be read ({error.strerror})"


def _is_gzipped(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP_MAGIC


def _gzipped(path: Path, folder: Path) -> Path:
    if _is_gzipped(path):
        return path
    folder.mkdir(parents=True)
    packed = folder / f"{path.name}.gz"
    with path.open("rb") as source, gzip.open(packed, "wb", compresslevel=1) as target:
        shutil.copyfileobj(source, target, _COPY_BYTES)
    return packed


def _unpacked(path: Path, work: Path) -> Path:
    if not _is_gzipped(path):
        return path
    plain = work / path.name.removesuffix(".gz")
    try:
        with gzip.open(path) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target, _COPY_BYTES)
    except (OSError, EOFError) as error:
        raise LocalSampleError(f"{path}: can't be unpacked ({error})") from error
    return plain


def _require_sound(reference: Path, given: Path) -> None:
    """Check a FASTA before it is indexed, because indexing tools accept many errors.

    `given` is the user's own file, which may be compressed.

    Raises:
        LocalSampleError: names the contigs or lines.
    """
    with reference.open("rb") as file:
        problems = scan_fasta(iter(partial(file.read, _COPY_BYTES), b"")).problems
    if problems:
        raise LocalSampleError("\n".join(f"{given}: {problem}" for problem in problems))


def _with_indexes(reference: Path, work: Path, indexes: Iterable[ReferenceIndex]) -> Path:
    """The reference, unpacked and with its indexes beside it."""
    work.mkdir()
    return _indexed(_unpacked(reference, work), work, indexes)


def _index_is_fresh(reference: Path, suffix: str) -> bool:
    index = reference.with_name(reference.name + suffix)
    return index.is_file() and index.stat().st_mtime >= reference.stat().st_mtime


def _indexed(reference: Path, work: Path, indexes: Iterable[ReferenceIndex]) -> Path:
    """A link to the reference in `work`, with new indexes beside it."""
    link = work / reference.name
    if link != reference:
        link.symlink_to(reference.resolve())
    for index in indexes:
        subprocess.run(index.command_for(str(link)), check=True, capture_output=True)
    return link


def _own_reference(reference: Path, work: Path, own: OwnReference) -> tuple[Path, Path]:
    """A tool's own form of the reference, made in `work`, and the FASTA beside it."""
    folder = work / own.folder
    folder.mkdir()
    fasta = folder / _key_name(reference)  # its name in S3, without blanks
    fasta.symlink_to(reference.resolve())
    subprocess.run(own.command_for(str(fasta), str(folder)), check=True, capture_output=True)
    return folder / own.required, fasta
