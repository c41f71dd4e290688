"""Input and output of all variant callers."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from jobkit.contigs import BamHeader, read_bam_header, read_fai, require_same_contigs
from jobkit.errors import InvalidInputError
from jobkit.job import Job
from jobkit.options import Parser
from jobkit.reference import usable_fasta
from jobkit.targets import stage_targets
from jobkit.vcf import passing_records, require_reference, require_vcf
from jobkit.windows import Interval
from seqstack.domain.numbers import whole_number
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.roles import PADDING_OPTION, TARGETS_OPTION

_OPTIONS = {
    "--bam_s3_path": "URI",
    "--bai_s3_path": "URI",
    "--reference_s3_path": "FASTA_URI",
    "--reference_index_s3_path": "FAI_URI",
    "--vcf_s3_path": "URI/",
}


@dataclass(frozen=True, slots=True)
class CallerInput:
    """A caller's files in scratch: `bam` has its .bai beside it, `fasta` its .fai.

    `fasta` is unpacked, in upper case, and without IUPAC codes. If there are `regions`, variants
    are called in them only.
    """

    bam: Path
    fasta: Path
    header: BamHeader
    regions: tuple[Interval, ...] = ()


def add_caller_arguments(parser: Parser) -> None:
    """Add the arguments of all variant callers."""
    for name, metavar in _OPTIONS.items():
        parser.add_argument(name, required=True, type=S3Uri.parse, metavar=metavar)
    parser.add_argument(TARGETS_OPTION, type=S3Uri.parse, metavar="BED_URI")
    parser.add_argument(PADDING_OPTION, type=whole_number, default=0, metavar="BASES")


def stage_caller_input(job: Job, args: argparse.Namespace, *, both_ways: bool) -> CallerInput:
    """Fetch BAM and reference, and check that they fit (`both_ways`: have the same contigs).

    Raises:
        MissingInputError: the alignment has not finished.
        InvalidInputError: the FASTA can't be used, or is not its index's; or the BAM differs from
            the alignment's output, is truncated, unsorted, or aligned to another reference.
    """
    fasta_uri: S3Uri = args.reference_s3_path
    fai_uri: S3Uri = args.reference_index_s3_path
    folder = job.scratch / "reference"
    job.stage_reference([fasta_uri, fai_uri], folder)
    fasta = folder / fasta_uri.name
    fai = Path(f"{fasta}.fai")
    if not fai.exists():  # the name that tools expect
        fai.symlink_to((folder / fai_uri.name).resolve())
    usable = usable_fasta(job, fasta)
    bam = job.scratch / "sorted.bam"
    files = {args.bam_s3_path: bam, args.bai_s3_path: Path(f"{bam}.bai")}
    job.stage_in(files, made_by="align")
    header = read_bam_header(bam)
    if not header.is_sorted:
        raise InvalidInputError("the BAM is not sorted by coordinate", hint="samtools sort")
    require_same_contigs(header.contigs, read_fai(fai), both_ways=both_ways)
    return CallerInput(bam, usable.path, header)


def stage_call_regions(job: Job, args: argparse.Namespace, given: CallerInput) -> CallerInput:
    """The input with the padded targets, if there are any, as its regions; fetches them.

    Raises:
        InvalidInputError: as `stage_targets`.
    """
    if args.targets_s3_path is None:
        return given
    contigs = [Contig(*each) for each in given.header.contigs.items()]
    targets = stage_targets(job, args.targets_s3_path, contigs)
    wider = targets.padded(args.target_padding, contigs)
    job.record.facts |= {"targets": len(targets.regions), "calledBases": wider.bases}
    named = (Interval(contigs[n].name, start, end) for n, start, end in wider.regions)
    return replace(given, regions=tuple(named))


def publish_calls(job: Job, args: argparse.Namespace, *, variants: Path, gvcf: Path) -> None:
    """Check both VCFs and write them, with their .tbi, to `<vcf_s3_path>variants/`."""
    job.publish(checked_calls(job, args, variants=variants, gvcf=gvcf))


def checked_calls(
    job: Job, args: argparse.Namespace, *, variants: Path, gvcf: Path
) -> dict[Path, S3Uri]:
    """Check both VCFs and their .tbi; return them with their URIs."""
    target: S3Uri = args.vcf_s3_path / "variants/"
    reference = read_fai(job.scratch / "reference" / f"{args.reference_s3_path.name}.fai")
    outputs: dict[Path, S3Uri] = {}
    for path, name in ((variants, "variants.vcf.gz"), (gvcf, "genome.vcf.gz")):
        require_vcf(path, job.options.sample_id)
        require_reference(path, reference)
        outputs[path] = target / name
        outputs[Path(f"{path}.tbi")] = (target / name).with_suffix(".tbi")
    _warn_of_few(job, variants)
    return outputs


def _warn_of_few(job: Job, variants: Path) -> None:
    has_record, has_passing = passing_records(variants)
    if not has_record:
        job.record.add_warning(
            "noVariants", "no variant was found: are there reads on the reference's contigs?"
        )
    elif not has_passing:
        job.record.add_warning("noVariantPasses", "no variant passes the caller's filters")
