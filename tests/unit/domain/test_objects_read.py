"""Every object that the tools read, by the documentation of each tool."""

from typing import Any

from seqstack.domain.checked_input import CheckedInput
from tests.support.builders import RESULTS_BUCKET, exome_input, original_input

BWA_INDEX = [".amb", ".ann", ".bwt", ".pac", ".sa"]  # `man bwa`: what `bwa index` writes


def read(document: Any) -> list[tuple[str, str]]:
    checked = CheckedInput.of(document, RESULTS_BUCKET)
    return [(item.path, str(item.uri)) for item in checked.objects_read()]


def test_objects_read_by_bwa_and_bcftools_with_genes_are_all_listed() -> None:
    reference = "s3://amzn-s3-demo-source-bucket/reference/genome.fa"

    assert sorted(read(exome_input())) == sorted(
        [
            ("$.fastq1S3Path", "s3://amzn-s3-demo-source-bucket/fastq/NA12878_1.fastq.gz"),
            ("$.fastq2S3Path", "s3://amzn-s3-demo-source-bucket/fastq/NA12878_2.fastq.gz"),
            ("$.referenceS3Path", reference),
            ("$.referenceS3Path", reference + ".alt"),  # if it is there
            ("$.referenceS3Path", reference + ".fai"),
            *(("$.referenceS3Path", reference + suffix) for suffix in BWA_INDEX),
            ("$.annotationS3Path", "s3://amzn-s3-demo-source-bucket/reference/genes.gff3.gz"),
        ]
    )


def test_objects_read_of_the_original_are_fastqs_reference_and_isaacs() -> None:
    bucket = "s3://aws-batch-genomics-resources"

    assert read(original_input()) == [
        ("$.fastq1S3Path", f"{bucket}/fastq/SRR1919605_1.fastq.gz"),
        ("$.fastq2S3Path", f"{bucket}/fastq/SRR1919605_2.fastq.gz"),
        ("$.referenceS3Path", f"{bucket}/reference/hg38.fa"),
        ("$.referenceS3Path", f"{bucket}/reference/hg38.fa.fai"),
        ("$.referenceS3Path", f"{bucket}/reference/hg38.fa.alt"),  # if it is there
        ("$.isaac.referenceS3Path", f"{bucket}/reference/isaac/sorted-reference.xml"),
    ]


def test_objects_read_of_lanes_carry_their_index_even_of_one() -> None:
    document = exome_input(fastq1S3Path=["s3://reads/1.fq"], fastq2S3Path=["s3://reads/2.fq"])

    assert read(document)[:2] == [
        ("$.fastq1S3Path[0]", "s3://reads/1.fq"),
        ("$.fastq2S3Path[0]", "s3://reads/2.fq"),
    ]


def test_objects_read_of_a_faulty_input_are_those_that_can_be_determined() -> None:
    document = exome_input(
        sampleId="bad id",
        fastq1S3Path=["s3://reads/1.fq", "nonsense", "s3://reads/3.fq"],
        fastq2S3Path=None,
        referenceS3Path="nonsense",
        annotationS3Path=7,
    )

    assert read(document) == [
        ("$.fastq1S3Path[0]", "s3://reads/1.fq"),
        ("$.fastq1S3Path[2]", "s3://reads/3.fq"),
    ]


def test_objects_read_say_how_to_make_an_index() -> None:
    checked = CheckedInput.of(exome_input(), RESULTS_BUCKET)
    hints = {str(item.uri).rpartition("genome.fa")[2]: item.hint for item in checked.objects_read()}

    assert "samtools faidx" in hints[".fai"]
    assert "bwa index" in hints[".bwt"]
