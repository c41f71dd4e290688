"""snpEff databases: built from FASTA and annotation, unpacked from an archive, or fetched."""

import re
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobkit.annotation import FittingAnnotation, require_fitting_annotation, write_without
from jobkit.disk import is_disk_full
from jobkit.errors import (
    InvalidInputError,
    MissingInputError,
    ToolFailedError,
    ToolTimedOutError,
)
from jobkit.job import Job
from jobkit.logs import LOG
from jobkit.reference import is_packed, usable_fasta
from seqstack.domain.progress import Phase
from seqstack.domain.reference.code_choice import CodeChoice, CodeSource
from snpeff.commands import GENES, SYSTEM_CONFIG, build_database_command, build_download_command

BUILT_GENOME = "reference"
"""The name of every database that was built: it is of the run's own reference."""
_PREDICTOR = "snpEffectPredictor.bin"
_FOLDER, _DATA, _CONFIG = "database", "data", "snpEff.config"
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
    fasta: Path,
    annotation: Path,
    genetic_codes: Mapping[str, int],
    left_out: Sequence[str],
) -> Database:
    """Build a database in the job's scratch.

    Args:
        job: owner of the scratch folder.
        java: how snpEff is called.
        fasta: the reference.
        annotation: its genes, GFF3 or GTF.
        genetic_codes: NCBI's numbers by contig, from the user.
        left_out: contigs of the annotation that may be missing from the FASTA.

    Raises:
        InvalidInputError: the annotation does not fit the FASTA, or snpEff cannot build a database
            from them.
    """
    folder = job.scratch / _FOLDER
    home = folder / _DATA / BUILT_GENOME
    home.mkdir(parents=True)
    usable = usable_fasta(job, fasta)
    with job.timed(Phase.CHECK_REFERENCE):
        genes = require_fitting_annotation(annotation, usable, genetic_codes, left_out)
    _tell(genes)
    if genes.suspicion:
        job.record.add_warning("codingSequencesBroken", genes.suspicion)
    (home / "sequences.fa").symlink_to(usable.path.resolve())
    _lay_genes(genes, home / GENES[genes.format].name)
    config = folder / _CONFIG
    config.write_text(write_config(BUILT_GENOME, genes.codes))
    try:
        job.run(build_database_command(java, config, BUILT_GENOME, genes.format), cwd=job.scratch)
    except ToolFailedError as error:
        raise _unusable(fasta, annotation, error.evidence) from error
    if not (home / _PREDICTOR).exists():
        raise _unusable(fasta, annotation, ())
    facts = {**genes.facts, "iupacBases": usable.codes}
    return Database(BUILT_GENOME, config, folder / _DATA, genes.path, facts)


def pack_database(database: Database, archive: Path) -> None:
    """Write a database that was built, without the files that it was built from.

    Two archives of the same database are the same.
    """
    made = sorted((database.data / database.genome).glob("*.bin"))
    with tarfile.open(archive, "w") as file:
        for path in (database.config, *made):
            member = file.gettarinfo(path, str(path.relative_to(database.config.parent)))
            member.mtime, member.mode = 0, 0o644
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            with path.open("rb") as content:
                file.addfile(member, content)


def unpack_database(job: Job, archive: Path, *, annotation: Path) -> Database:
    """Have a database that `pack_database` has written, of this annotation.

    Raises:
        InvalidInputError: the archive is none, or not whole.
    """
    folder = job.scratch / _FOLDER
    try:
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        if isinstance(error, OSError) and is_disk_full(error):
            raise
        raise _no_archive(archive, str(error)) from error
    if not (folder / _DATA / BUILT_GENOME / _PREDICTOR).exists() or not (folder / _CONFIG).exists():
        raise _no_archive(archive, f"it lacks {_CONFIG} or {_PREDICTOR}")
    return Database(BUILT_GENOME, folder / _CONFIG, folder / _DATA, annotation)


def fetch_database(job: Job, java: Sequence[str], *, genome: str) -> Database:
    """Fetch a ready database from snpEff's repository into the job's scratch.

    Raises:
        MissingInputError: the genome is unknown, or the repository cannot be reached.
    """
    data = job.scratch / _FOLDER
    data.mkdir()
    command = build_download_command(java, SYSTEM_CONFIG, data, genome)
    evidence: tuple[str, ...] = ()
    try:
        job.run(command, cwd=job.scratch, timeout_seconds=_DOWNLOAD_SECONDS)
    except (ToolFailedError, ToolTimedOutError) as error:
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


def _no_archive(archive: Path, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"{archive.name} is no database that the preparation of a reference has written: {why}",
        hint="prepare the reference again, or annotate without annotationDatabaseS3Path",
    )


def _unusable(fasta: Path, annotation: Path, evidence: Sequence[str]) -> InvalidInputError:
    return InvalidInputError(
        f"snpEff could not build a database from {fasta.name} and {annotation.name}",
        hint="check that the annotation has genes, transcripts, exons and coding sequences",
        evidence=evidence,
    )
