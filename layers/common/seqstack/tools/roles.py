"""Options and inputs of all tools of a step, as in the original workflow."""

from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample import Sample
from seqstack.tools.definition import Inputs, ReferenceIndex


def align_arguments(sample: Sample, reference: S3Uri) -> list[str]:
    """An aligner's options."""
    return [
        *("--bam_s3_folder_path", str(sample.layout.bam.parent)),
        *("--fastq1_s3_path", *(str(lane.read1) for lane in sample.lanes)),
        *("--fastq2_s3_path", *(str(lane.read2) for lane in sample.lanes)),
        *("--reference_s3_path", str(reference)),
    ]


def align_inputs(*indexes: ReferenceIndex) -> Inputs:
    """The inputs of an aligner with `indexes` beside its FASTA."""

    def inputs(sample: Sample, reference: S3Uri) -> tuple[S3Uri, ...]:
        beside = (reference.with_suffix(suffix) for index in indexes for suffix in index.suffixes)
        return (*sample.reads, reference, *beside)

    return inputs


def call_arguments(sample: Sample, reference: S3Uri) -> list[str]:
    """A variant caller's options."""
    layout = sample.layout
    return [
        *("--bam_s3_path", str(layout.bam)),
        *("--bai_s3_path", str(layout.bam.with_suffix(".bai"))),
        *("--reference_s3_path", str(reference)),
        *("--reference_index_s3_path", str(reference.with_suffix(".fai"))),
        *("--vcf_s3_path", str(layout.root / "vcf/")),
    ]


def call_inputs(sample: Sample, reference: S3Uri) -> tuple[S3Uri, ...]:
    """The inputs of a variant caller."""
    bam = sample.layout.bam
    return (bam, bam.with_suffix(".bai"), reference, reference.with_suffix(".fai"))
