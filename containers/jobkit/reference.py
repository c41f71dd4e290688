"""The reference of a job: its FASTA looked through, and made such that every tool can take it."""

import gzip
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobkit.errors import InvalidInputError
from jobkit.job import Job
from jobkit.logs import LOG
from seqstack.domain.reference.fasta import FastaContig, FastaFacts, scan_fasta, split_fasta
from seqstack.domain.reference.fasta_index import parse_fai, unlike_fasta
from seqstack.domain.reference.sequence import reduced

_CHUNK_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_USABLE = "usable"


@dataclass(frozen=True, slots=True)
class UsableFasta:
    """A FASTA that is unpacked and holds A, C, G, T and N only; its .fai, if it has one, beside it.

    `codes` counts the bases that were IUPAC codes, and stand in it as the first of theirs.
    """

    path: Path
    contigs: tuple[FastaContig, ...]
    codes: int

    def bases(self) -> "FastaBases":
        """Its bases by contig and place."""
        return FastaBases(self.path, {contig.name: contig for contig in self.contigs})


class FastaBases:
    """Bases of an unpacked FASTA by contig and place."""

    def __init__(self, path: Path, contigs: dict[str, FastaContig]) -> None:
        self._file = path.open("rb")
        self._contigs = contigs

    def __call__(self, name: str, start: int, end: int) -> bytes:
        """Capital bases from `start` (1-based) to `end` (inclusive), or the contig's end."""
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
    """A reference file's text in pieces, gzipped or not.

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
    """Read a FASTA through, and compare it with the .fai beside it, if there is one.

    Raises:
        InvalidInputError: names the contigs or lines that no tool could take, or that differ.
    """
    with job.timed("checkReference"):
        facts = scan_fasta(text_chunks(fasta))
    if facts.problems:
        raise InvalidInputError(
            f"the reference {fasta.name} can't be used: {facts.problems[0]}",
            hint="mend the FASTA, and make its indexes anew",
            evidence=facts.problems,
        )
    fai = Path(f"{fasta}.fai")
    if fai.exists() and (differences := list(unlike_fasta(_read_fai(fai), facts))):
        raise InvalidInputError(
            f"{fai.name} is the index of another FASTA than {fasta.name}: {differences[0]}",
            hint="make it anew by `samtools faidx`, and the aligner's index too",
            evidence=differences,
        )
    return facts


def usable_fasta(job: Job, fasta: Path) -> UsableFasta:
    """A FASTA as tools can use it: itself, or a copy in scratch, unpacked and without IUPAC codes.

    Each code becomes the first, alphabetically, of the bases that it stands for, as VCF 4.3 wants
    of REF; callers then call variants there as elsewhere. Every base keeps its place in the file.

    Raises:
        InvalidInputError: as `require_sound_fasta`.
        ScratchFullError: there is no room for the copy.
    """
    facts = require_sound_fasta(job, fasta)
    if not (is_packed(fasta) or facts.codes):
        return UsableFasta(fasta, facts.contigs, 0)
    folder = job.scratch / _USABLE
    folder.mkdir(exist_ok=True)
    copy = folder / fasta.name.removesuffix(".gz")
    job.use.expect_reference(facts.size, facts.size, job.scratch)
    with job.timed("checkReference"), copy.open("wb") as file:
        for is_header, piece in split_fasta(text_chunks(fasta)):
            file.write(piece if is_header else reduced(piece))
    if (fai := Path(f"{fasta}.fai")).exists():
        Path(f"{copy}.fai").symlink_to(fai.resolve())
    if facts.codes:
        LOG.info(
            "%d bases of %s are IUPAC codes: each stands as its first base", facts.codes, fasta.name
        )
    return UsableFasta(copy, facts.contigs, facts.codes)


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
        raise InvalidInputError(f"{path.name} is no FASTA index", hint="samtools faidx") from error
