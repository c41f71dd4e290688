"""The reference of a job: check its FASTA, and convert it if tools can't read it."""

import gzip
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobkit.errors import InvalidInputError
from jobkit.job import Job
from jobkit.logs import LOG
from seqstack.domain.progress import Phase
from seqstack.domain.reference.fasta import FastaContig, FastaFacts, scan_fasta, split_fasta
from seqstack.domain.reference.fasta_index import parse_fai, unlike_fasta
from seqstack.domain.reference.sequence import reduced

_CHUNK_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_USABLE = "usable"


@dataclass(frozen=True, slots=True)
class UsableFasta:
    """An uncompressed FASTA with A, C, G, T and N only, with its .fai beside it, if it has one.

    `codes` is the number of IUPAC codes that were replaced by the first of their bases, and
    `was_masked` is true if bases in lower case were replaced.
    """

    path: Path
    contigs: tuple[FastaContig, ...]
    codes: int = 0
    was_masked: bool = False

    def bases(self) -> "FastaBases":
        """Its bases by contig and position."""
        return FastaBases(self.path, {contig.name: contig for contig in self.contigs})


class FastaBases:
    """Bases of an uncompressed FASTA by contig and position."""

    def __init__(self, path: Path, contigs: dict[str, FastaContig]) -> None:
        self._file = path.open("rb")
        self._contigs = contigs

    def __call__(self, name: str, start: int, end: int) -> bytes:
        """Upper-case bases from `start` (1-based) to `end` (inclusive), or the contig's end."""
        contig = self._contigs[name]
        first = _place(contig, start - 1)
        self._file.seek(first)
        piece = self._file.read(_place(contig, min(end, contig.length) - 1) + 1 - first)
        return piece.translate(None, b"\r\n").upper()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _place(contig: FastaContig, base: int) -> int:
    lines, rest = divmod(base, contig.line_bases)
    return contig.offset + lines * contig.line_bytes + rest


def is_packed(path: Path) -> bool:
    """True for gzip and bgzip."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP_MAGIC


def text_chunks(path: Path) -> Iterator[bytes]:
    """A reference file's text in chunks, gzipped or not.

    Raises:
        InvalidInputError: the gzip is damaged.
    """
    try:
        with gzip.open(path) if is_packed(path) else path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInputError(
            f"{path.name} is not a whole gzip file: {error}", hint="upload it again"
        ) from error


def require_sound_fasta(job: Job, fasta: Path) -> FastaFacts:
    """Read a FASTA to its end, and compare it with the .fai beside it, if there is one.

    Raises:
        InvalidInputError: names the contigs or lines that tools can't read, or that differ.
    """
    with job.timed(Phase.CHECK_REFERENCE):
        facts = scan_fasta(text_chunks(fasta))
    if facts.problems:
        raise InvalidInputError(
            f"the reference {fasta.name} can't be used: {facts.problems[0]}",
            hint="correct the FASTA, and index it again",
            evidence=facts.problems,
        )
    fai = Path(f"{fasta}.fai")
    if fai.exists() and (differences := list(unlike_fasta(_read_fai(fai), facts))):
        raise InvalidInputError(
            f"{fai.name} is the index of another FASTA than {fasta.name}: {differences[0]}",
            hint="run `samtools faidx` and the aligner's indexer again",
            evidence=differences,
        )
    return facts


def usable_fasta(job: Job, fasta: Path) -> UsableFasta:
    """A FASTA that tools can use: itself, or a copy in scratch, uncompressed, in upper case and
    without IUPAC codes.

    Each code is replaced by the alphabetically first of its bases, as VCF 4.3 requires for REF;
    callers then call variants there too. bcftools would write alleles of indels in lower case
    where the FASTA is. Every base keeps its position in the file.

    Raises:
        InvalidInputError: as `require_sound_fasta`.
        ScratchFullError: there is no room for the copy.
    """
    facts = require_sound_fasta(job, fasta)
    if not (is_packed(fasta) or facts.codes or facts.is_masked):
        return UsableFasta(fasta, facts.contigs)
    folder = job.scratch / _USABLE
    folder.mkdir(exist_ok=True)
    copy = folder / fasta.name.removesuffix(".gz")
    job.use.expect_reference(facts.size, facts.size, job.scratch)
    with job.timed(Phase.CHECK_REFERENCE), copy.open("wb") as file:
        for is_header, piece in split_fasta(text_chunks(fasta)):
            file.write(piece if is_header else reduced(piece))
    if (fai := Path(f"{fasta}.fai")).exists():
        Path(f"{copy}.fai").symlink_to(fai.resolve())
    if facts.codes:
        LOG.info(
            "%d bases of %s are IUPAC codes: each is replaced by its first base",
            facts.codes,
            fasta.name,
        )
    return UsableFasta(copy, facts.contigs, facts.codes, facts.is_masked)


def plain_fasta(fasta: Path, folder: Path) -> Path:
    """A FASTA as htslib takes it for CRAM: itself, or a copy in `folder` that is unpacked."""
    if not is_packed(fasta):
        return fasta
    folder.mkdir(exist_ok=True)
    plain = folder / fasta.name.removesuffix(".gz")
    with plain.open("wb") as file:
        for chunk in text_chunks(fasta):
            file.write(chunk)
    shutil.copyfile(f"{fasta}.fai", f"{plain}.fai")
    return plain


def _read_fai(path: Path) -> tuple[FastaContig, ...]:
    try:
        return parse_fai(path.read_text())
    except ValueError as error:
        raise InvalidInputError(
            f"{path.name} is not a FASTA index", hint="samtools faidx"
        ) from error
