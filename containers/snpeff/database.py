"""snpEff databases: built from FASTA and GFF3, or fetched; each job has its own.

S3 has no checksum of what is made here, so that no job could believe another's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobkit.errors import InvalidInputError, MissingInputError, ToolFailedError
from jobkit.fastq import is_gzipped
from jobkit.job import Job
from seqstack.domain.s3uri import S3Uri
from snpeff.commands import SYSTEM_CONFIG, build_database_command, build_download_command

_PREDICTOR = "snpEffectPredictor.bin"
_MITOCHONDRIA = ("chrM", "chrMT", "MT", "M")
_MITOCHONDRIAL_CODE = "Vertebrate_Mitochondrial"
_DOWNLOAD_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Database:
    """Where snpEff finds a genome, and the annotation that it was built from, if it was."""

    genome: str
    config: Path
    data: Path
    annotation: Path | None = None


def build_database(
    job: Job, java: Sequence[str], *, genome: str, fasta: S3Uri, annotation: S3Uri
) -> Database:
    """Build a database in the job's scratch.

    Raises:
        InvalidInputError: snpEff cannot make a database of them.
    """
    sources, folder = job.scratch / "sources", job.scratch / "database"
    job.stage_reference([fasta, annotation], sources)
    home = folder / "data" / genome
    home.mkdir(parents=True)
    _link(sources / fasta.name, home / "sequences.fa")
    _link(sources / annotation.name, home / "genes.gff")
    config = folder / "snpEff.config"
    config.write_text(write_config(genome, list(_codon_tables())))
    try:
        job.run(build_database_command(java, config, genome), cwd=job.scratch)
    except ToolFailedError as error:
        raise _unusable(fasta, annotation, error.evidence) from error
    if not (home / _PREDICTOR).exists():
        raise _unusable(fasta, annotation, ())
    return Database(genome, config, folder / "data", sources / annotation.name)


def fetch_database(job: Job, java: Sequence[str], *, genome: str) -> Database:
    """Fetch a ready database from snpEff's repository into the job's scratch.

    Raises:
        MissingInputError: it is unknown there, or the repository cannot be reached.
    """
    data = job.scratch / "database"
    data.mkdir()
    command = build_download_command(java, SYSTEM_CONFIG, data, genome)
    evidence: tuple[str, ...] = ()
    try:
        job.run(command, cwd=job.scratch, timeout_seconds=_DOWNLOAD_SECONDS)
    except ToolFailedError as error:
        evidence = error.evidence
    if not (data / genome / _PREDICTOR).exists():
        raise MissingInputError(
            f"snpEff's database {genome!r} is unknown or cannot be downloaded",
            hint="give the gene annotation as GFF3 (annotationS3Path), or a name that "
            "`snpEff databases` lists and a network that reaches snpEff's repository",
            evidence=evidence,
        )
    return Database(genome, SYSTEM_CONFIG, data)


def write_config(genome: str, codon_tables: Sequence[str]) -> str:
    """A snpEff.config with one genome; mitochondria have their own genetic code if it is known."""
    lines = ["data.dir = ./data/", f"{genome}.genome : {genome}", *codon_tables]
    if any(line.startswith(f"codon.{_MITOCHONDRIAL_CODE}") for line in codon_tables):
        lines += [f"{genome}.{name}.codonTable : {_MITOCHONDRIAL_CODE}" for name in _MITOCHONDRIA]
    return "\n".join(lines) + "\n"


def _codon_tables() -> Iterator[str]:
    """The genetic codes that snpEff comes with."""
    if SYSTEM_CONFIG.exists():
        with SYSTEM_CONFIG.open(encoding="utf-8", errors="replace") as lines:
            yield from (line.rstrip() for line in lines if line.startswith("codon."))


def _link(source: Path, name: Path) -> None:
    link = name.with_name(name.name + ".gz") if is_gzipped(source) else name
    link.symlink_to(source.resolve())


def _unusable(fasta: S3Uri, annotation: S3Uri, evidence: Sequence[str]) -> InvalidInputError:
    return InvalidInputError(
        f"snpEff could not build a database from {fasta} and {annotation}",
        hint="check that the GFF3 has gene, mRNA, exon and CDS features, on the FASTA's contigs",
        evidence=evidence,
    )
