"""Options and inputs of all tools of a step, as in the original workflow."""

from seqstack.domain.results import CRAM
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.tools.definition import Inputs, Output, ReferenceIndex

TARGETS_OPTION = "--targets_s3_path"
SITES_OPTION = "--sites_s3_path"
PADDING_OPTION = "--target_padding"


def align_arguments(sample: Sample, reference: S3Uri) -> list[str]:
    """An aligner's options."""
    made_with = sample.alignments_reference
    given: dict[str, tuple[S3Uri, ...]] = {
        "--fastq1_s3_path": tuple(lane.read1 for lane in sample.lanes),
        "--fastq2_s3_path": tuple(lane.read2 for lane in sample.lanes),
        "--reads_s3_path": sample.alignments,
        "--reads_reference_s3_path": (made_with,) if made_with else (),
    }
    reads = ((option, *map(str, uris)) for option, uris in given.items() if uris)
    return [
        *("--bam_s3_folder_path", str(sample.layout.bam.parent)),
        *(word for option in reads for word in option),
        *("--reference_s3_path", str(reference)),
        *(("--alignment_format", "cram") if sample.keeps_cram else ()),
    ]


def align_inputs(*indexes: ReferenceIndex) -> Inputs:
    """The inputs of an aligner with `indexes` beside its FASTA."""

    def inputs(sample: Sample, reference: S3Uri) -> tuple[S3Uri, ...]:
        beside = (reference.with_suffix(suffix) for index in indexes for suffix in index.suffixes)
        made_with = sample.alignments_reference
        more = (made_with, made_with.with_suffix(".fai")) if made_with else ()
        return (*sample.reads, *more, reference, *beside)

    return inputs


def align_optional_outputs(sample: Sample) -> tuple[Output, ...]:
    """What an aligner writes besides the BAM for a run that asks for it."""
    return (Output(CRAM), Output(f"{CRAM}.crai")) if sample.keeps_cram else ()


def call_arguments(sample: Sample, reference: S3Uri) -> list[str]:
    """A variant caller's options."""
    layout = sample.layout
    targets = sample.called_targets
    padding = str(sample.target_padding)
    return [
        *("--bam_s3_path", str(layout.bam)),
        *("--bai_s3_path", str(layout.bam.with_suffix(".bai"))),
        *("--reference_s3_path", str(reference)),
        *("--reference_index_s3_path", str(reference.with_suffix(".fai"))),
        *("--vcf_s3_path", str(layout.root / "vcf/")),
        *((TARGETS_OPTION, str(targets), PADDING_OPTION, padding) if targets else ()),
    ]


def call_inputs(sample: Sample, reference: S3Uri) -> tuple[S3Uri, ...]:
    """The inputs of a variant caller."""
    bam = sample.layout.bam
    given = (bam, bam.with_suffix(".bai"), reference, reference.with_suffix(".fai"))
    return (*given, sample.called_targets) if sample.called_targets else given
