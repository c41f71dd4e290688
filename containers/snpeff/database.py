"""snpEff databases: built from FASTA and annotation, or fetched; each job has its own.

S3 has no checksum of a built database, so jobs can't verify and share them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobkit.annotation import FittingAnnotation, require_fitting_annotation, write_without
from jobkit.errors import InvalidInputError, MissingInputError, ToolFailedError
from jobkit.job import Job
from jobkit.logs import LOG
from jobkit.reference import is_packed, usable_fasta
from seqstack.domain.reference.code_choice import CodeChoice, CodeSource
from seqstack.domain.s3uri import S3Uri
from snpeff.commands import GENES, SYSTEM_CONFIG, build_database_command, build_download_command

_PREDICTOR = "snpEffectPredictor.bin"
_DOWNLOAD_SECONDS = 3600.0
# The config is a file of Java's Properties: these end a key unless escaped by a backslash.
_SPECIAL = re.compile(r"([^A-Za-z0-9_.-])")


@dataclass(frozen=True, slots=True)
class Database:
    """A genome's database; if it was built, with its annotation and facts."""

    genome: str
    config: Path
    data: Path
    annotation: Path | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def build_database(
    job: Job,
    java: Sequence[str],
    *,
    genome: str,
    fasta: S3Uri,
    annotation: S3Uri,
    genetic_codes: Mapping[str, int],
    left_out: Sequence[str],
) -> Database:
    """Build a database in the job's scratch.

    Args:
        job: owner of the scratch folder.
        java: how snpEff is called.
        genome: the database's name.
        fasta: the reference.
        annotation: its genes, GFF3 or GTF.
        genetic_codes: NCBI's numbers by contig, from the user.
        left_out: contigs of the annotation that may be missing from the FASTA.

    Raises:
        InvalidInputError: the annotation does not fit the FASTA, or snpEff cannot build a database
            from them.
    """
    sources, folder = job.scratch / "sources", job.scratch / "database"
    job.stage_reference([fasta, annotation], sources)
    home = folder / "data" / genome
    home.mkdir(parents=True)
    usable = usable_fasta(job, sources / fasta.name)
    with job.timed("checkReference"):
        genes = require_fitting_annotation(
            sources / annotation.name, usable, genetic_codes, left_out
        )
    _tell(genes)
    if genes.suspicion:
        job.record.add_warning("codingSequencesBroken", genes.suspicion)
    (home / "sequences.fa").symlink_to(usable.path.resolve())
    _lay_genes(genes, home / GENES[genes.format].name)
    config = folder / "snpEff.config"
    config.write_text(write_config(genome, genes.codes))
    try:
        job.run(build_database_command(java, config, genome, genes.format), cwd=job.scratch)
    except ToolFailedError as error:
        raise _unusable(fasta, annotation, error.evidence) from error
    if not (home / _PREDICTOR).exists():
        raise _unusable(fasta, annotation, ())
    facts = {**genes.facts, "iupacBases": usable.codes}
    return Database(genome, config, folder / "data", genes.path, facts)


def fetch_database(job: Job, java: Sequence[str], *, genome: str) -> Database:
    """Fetch a ready database from snpEff's repository into the job's scratch.

    Raises:
        MissingInputError: the genome is unknown, or the repository cannot be reached.
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
            hint="give the gene annotation as GFF3 or GTF (annotationS3Path), or a name that "
            "`snpEff databases` lists and a network that reaches snpEff's repository",
            evidence=evidence,
        )
    return Database(genome, SYSTEM_CONFIG, data)


def write_config(genome: str, codes: Mapping[str, CodeChoice]) -> str:
    """A snpEff.config with one genome, and the genetic code of each contig that differs from the
    default.

    All codes are written out, because snpEff's own list is shorter and has other names.
    """
    chosen = {
        name: choice.code
        for name, choice in codes.items()
        if choice.source is not CodeSource.DEFAULT
    }
    tables = {code.snpeff_table: None for code in chosen.values()}
    lines = ["data.dir = ./data/", f"{genome}.genome : {genome}", *tables]
    for name, code in chosen.items():
        lines.append(f"{genome}.{_SPECIAL.sub(r'\\\1', name)}.codonTable : {code.snpeff_name}")
    return "\n".join(lines) + "\n"


def _tell(genes: FittingAnnotation) -> None:
    """Log the decisions about the annotation."""
    for each in genes.facts["geneticCodes"]:
        LOG.info("genetic code: %s", each)
    LOG.info("annotation: %s", genes.facts["annotation"])


def _lay_genes(genes: FittingAnnotation, place: Path) -> None:
    """Write the annotation to snpEff's path, without contigs that the FASTA lacks."""
    if genes.left_out:
        write_without(genes, place)
        return
    name = f"{place.name}.gz" if is_packed(genes.path) else place.name
    place.with_name(name).symlink_to(genes.path.resolve())


def _unusable(fasta: S3Uri, annotation: S3Uri, evidence: Sequence[str]) -> InvalidInputError:
    return InvalidInputError(
        f"snpEff could not build a database from {fasta} and {annotation}",
        hint="check that the annotation has genes, transcripts, exons and coding sequences",
        evidence=evidence,
    )
