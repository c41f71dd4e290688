"""snpEff databases: built from FASTA and GFF3, or fetched; kept with the host's reference data."""

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
    """Where snpEff finds a genome."""

    genome: str
    config: Path
    data: Path


def build_database(
    job: Job,
    java: Sequence[str],
    *,
    genome: str,
    fasta: S3Uri,
    annotation: S3Uri,
    version: str,
) -> Database:
    """Build a database once per host for these objects and this snpEff.

    Raises:
        InvalidInputError: snpEff cannot make a database of them.
    """
    sources = job.scratch / "sources"
    staged = job.stage_reference([fasta, annotation], sources)

    def make(folder: Path) -> None:
        home = folder / "data" / genome
        home.mkdir(parents=True)
        links = [
            _link(sources / fasta.name, home / "sequences.fa"),
            _link(sources / annotation.name, home / "genes.gff"),
        ]
        config = folder / "snpEff.config"
        config.write_text(write_config(genome, list(_codon_tables())))
        try:
            job.run(build_database_command(java, config, genome), cwd=job.scratch)
        except ToolFailedError as error:
            raise _unusable(fasta, annotation, error.evidence) from error
        if not (home / _PREDICTOR).exists():
            raise _unusable(fasta, annotation, ())
        for link in links:
            link.unlink()

    folder = job.cache.derive(
        {
            "what": "snpEff database built from FASTA and GFF3",
            "genome": genome,
            "snpEff": version,
            "fasta": staged[fasta].etag,
            "annotation": staged[annotation].etag,
        },
        make,
    )
    return Database(genome, folder / "snpEff.config", folder / "data")


def fetch_database(job: Job, java: Sequence[str], *, genome: str, version: str) -> Database:
    """Fetch a ready database once per host from snpEff's repository.

    Raises:
        MissingInputError: it is unknown there, or the repository cannot be reached.
    """

    def make(folder: Path) -> None:
        data = folder / "data"
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

    folder = job.cache.derive(
        {"what": "snpEff database fetched", "genome": genome, "snpEff": version}, make
    )
    return Database(genome, SYSTEM_CONFIG, folder / "data")


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


def _link(source: Path, name: Path) -> Path:
    link = name.with_name(name.name + ".gz") if is_gzipped(source) else name
    link.symlink_to(source.resolve())
    return link


def _unusable(fasta: S3Uri, annotation: S3Uri, evidence: Sequence[str]) -> InvalidInputError:
    return InvalidInputError(
        f"snpEff could not build a database from {fasta} and {annotation}",
        hint="check that the GFF3 has gene, mRNA, exon and CDS features, on the FASTA's contigs",
        evidence=evidence,
    )
