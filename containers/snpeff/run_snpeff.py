"""Annotate variants with snpEff: VCF to an annotated, bgzipped, indexed VCF and a summary."""

import argparse
import gzip
import sys
from pathlib import Path
from typing import NamedTuple

from jobkit.annotation_options import add_annotation_arguments
from jobkit.checks import require_bgzf, require_output
from jobkit.errors import InvalidInputError, InvalidOutputError, UsageError
from jobkit.fastq import open_text
from jobkit.java import build_java_prefix, heap_mib
from jobkit.job import Job, run_job
from jobkit.logs import LOG
from jobkit.options import Parser, job_parser
from jobkit.snpeff_statistics import without_time
from jobkit.vcf import vcf_samples
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.annotation_options import DATABASE_OPTION
from seqstack.tools.snpeff import SNPEFF, VARIANTS_STEP_OPTION
from seqstack.tools.snpeff_database import JAR
from snpeff.arguments import SnpEffArguments, parse_arguments
from snpeff.commands import (
    STATISTICS_NAME,
    SUMMARY_NAME,
    SUMMARY_TABLE_NAME,
    build_annotate_command,
    build_index_command,
    build_pack_command,
)
from snpeff.database import (
    Database,
    build_database,
    fetch_database,
    unpack_database,
)
from snpeff.intergenic import gene_intervals, suspicions
from snpeff.summary import summary_page

# https://pcingola.github.io/SnpEff/snpeff/inputoutput/#errors-and-warnings
_UNKNOWN_CONTIG = b"ERROR_CHROMOSOME_NOT_FOUND"
_OTHER_REFERENCE = b"WARNING_REF_DOES_NOT_MATCH_GENOME"
_IN_PROTEIN = b"|p."
_FEW = 3


class Records(NamedTuple):
    """Numbers of records of a VCF.

    Attributes:
        all: all of them.
        unknown: those that snpEff could not place on a contig.
        coding: those with an effect on a protein.
        differing: those of `coding` whose REF is not the database's.
    """

    all: int
    unknown: int
    coding: int
    differing: int

    @property
    def is_of_another_reference(self) -> bool:
        """True if more than a tenth of the coding ones differ, and at least three."""
        return self.differing >= _FEW and self.differing * 10 > self.coding


def parser() -> Parser:
    """The entry point's arguments."""
    made = job_parser("run_snpeff.py", __doc__)
    for name in ("--vcf_s3_path", "--annotated_vcf_s3_path"):
        made.add_argument(name, required=True, type=S3Uri.parse, metavar="URI")
    made.add_argument("--reference_s3_path", type=S3Uri.parse, metavar="FASTA_URI")
    made.add_argument(VARIANTS_STEP_OPTION, default="callVariants", metavar="STEP")
    made.add_argument(DATABASE_OPTION, type=S3Uri.parse, metavar="TAR_URI")
    add_annotation_arguments(made)
    return made


def annotate(job: Job, args: argparse.Namespace) -> None:
    """Run the job."""
    given = parse_arguments(job.options.cmd_args)
    vcf = Path("variants.vcf.gz")
    job.stage_in({args.vcf_s3_path: job.scratch / vcf}, made_by=args.variants_step)
    for word in given.dropped:
        LOG.info("%s in --cmd_args is left out: snpEff 5 has one thread, the summary stays", word)
    temporary = job.scratch / "tmp"
    temporary.mkdir()
    java = build_java_prefix(JAR, heap_mib(job.options.memory_gib), temporary)
    database = _database(job, args, given, java)
    job.record.facts |= database.facts
    annotated, summary = job.scratch / "variants.ann.vcf.gz", job.scratch / SUMMARY_NAME
    command = build_annotate_command(
        java,
        config=database.config,
        data=database.data,
        genome=database.genome,
        vcf=vcf,
        options=given.options,
    )
    pack = build_pack_command(job.options.threads)
    job.run(command, pack, stdout=annotated, cwd=job.scratch, reads=job.scratch / vcf)
    job.run(build_index_command(Path(annotated.name)), cwd=job.scratch)
    _check(job, job.scratch / vcf, annotated, database.genome)
    _warn_of_intergenic(job, database.annotation, annotated)
    table = job.scratch / SUMMARY_TABLE_NAME
    _summarize(job.scratch / STATISTICS_NAME, summary, _subject(job, annotated))
    table.write_text(without_time((job.scratch / STATISTICS_NAME).read_text(errors="replace")))

    target: S3Uri = args.annotated_vcf_s3_path
    job.publish(
        {
            annotated: target,
            Path(f"{annotated}.tbi"): target.with_suffix(".tbi"),
            summary: target.parent / SUMMARY_NAME,
            table: target.parent / SUMMARY_TABLE_NAME,
        }
    )


def _database(
    job: Job, args: argparse.Namespace, given: SnpEffArguments, java: list[str]
) -> Database:
    if args.annotation_s3_path is None:
        if given.genome is None:
            raise UsageError(
                "neither --annotation_s3_path nor a snpEff genome in --cmd_args",
                hint="give an annotation (GFF3 or GTF), or a database as in cmdArgs ' hg38 '",
            )
        return fetch_database(job, java, genome=given.genome)
    if args.reference_s3_path is None:
        raise UsageError("--annotation_s3_path needs --reference_s3_path, the FASTA it belongs to")
    if given.genome:
        LOG.info("%s in --cmd_args is left out: the annotation's genes are used", given.genome)
    sources = job.scratch / "sources"
    annotation = sources / args.annotation_s3_path.name
    prepared: S3Uri | None = args.database_s3_path
    if prepared:
        job.stage_reference([prepared, args.annotation_s3_path], sources)
        archive = sources / prepared.name
        return unpack_database(job, archive, annotation=annotation)
    job.stage_reference([args.reference_s3_path, args.annotation_s3_path], sources)
    return build_database(
        job,
        java,
        fasta=sources / args.reference_s3_path.name,
        annotation=annotation,
        genetic_codes=dict(args.genetic_code),
        left_out=args.annotation_left_out,
    )


def _check(job: Job, vcf: Path, annotated: Path, genome: str) -> None:
    """Check that every record was annotated, and that the database has the contigs."""
    require_bgzf(annotated)
    require_output(Path(f"{annotated}.tbi"))
    if (samples := vcf_samples(annotated)) != vcf_samples(vcf):
        raise InvalidOutputError(f"{annotated.name} has the samples {samples}")
    if job.options.sample_id and samples != [job.options.sample_id]:
        raise InvalidOutputError(f"{annotated.name} is of {samples}")
    given, made = count_records(vcf), count_records(annotated)
    unknown = made.unknown
    job.record.facts |= {"genome": genome, "records": made.all, "recordsOnUnknownContigs": unknown}
    if made.all != given.all:
        raise InvalidOutputError(f"snpEff read {given.all} records and wrote {made.all}")
    if made.all and unknown == made.all:
        raise InvalidInputError(
            f"snpEff's database {genome!r} knows none of the VCF's contigs",
            hint="annotate with the genome (and its contig names) that the reads were aligned to",
        )
    if made.differing:
        said = (
            f"of {made.coding:,} variants in coding sequences, {made.differing:,} have another REF "
            f"than snpEff's database {genome!r}"
        )
        if made.is_of_another_reference:
            raise InvalidInputError(
                f"{said}: it is of another assembly",
                hint="annotate with the genome that the reads were aligned to",
            )
        job.record.add_warning("referenceDiffers", said)


def _warn_of_intergenic(job: Job, annotation: Path | None, annotated: Path) -> None:
    genes = None
    if annotation is not None:
        with open_text(annotation) as lines:
            genes = gene_intervals(lines)
    with open_text(annotated) as records:
        for found in suspicions(records, genes):
            job.record.add_warning(found.code, found.message)


def _subject(job: Job, annotated: Path) -> str:
    if job.options.sample_id:
        return f"sample {job.options.sample_id}"
    return f"{len(vcf_samples(annotated))} samples"


def _summarize(statistics: Path, page: Path, subject: str) -> None:
    """Make the summary page from snpEff's statistics."""
    require_output(statistics)
    try:
        text = summary_page(statistics.read_text(encoding="utf-8", errors="replace"), subject)
    except ValueError as error:
        raise InvalidOutputError(f"{statistics.name} can't be read: {error}") from error
    page.write_text(text, encoding="utf-8")


def count_records(vcf: Path) -> Records:
    """Count the records of a gzipped VCF."""
    records = unknown = coding = differing = 0
    with gzip.open(vcf, "rb") as lines:
        for line in lines:
            if line.startswith(b"#"):
                continue
            records += 1
            unknown += _UNKNOWN_CONTIG in line
            if _IN_PROTEIN in line:
                coding += 1
                differing += _OTHER_REFERENCE in line
    return Records(records, unknown, coding, differing)


if __name__ == "__main__":
    sys.exit(run_job(SNPEFF, parser(), annotate))
