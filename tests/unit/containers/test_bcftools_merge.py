"""The parts of a joint call that need no program."""

import json
from pathlib import Path

import pytest

from bcftools_merge.callers import CALLERS, caller_of
from bcftools_merge.coverage import read_coverage
from seqstack.domain.gvcf_list import ListedGvcf, read_list
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_list import list_text
from seqstack.tools.bcftools_merge import memory_gib

POSITIONS = [100, 103, 104, 105, 106, 200]


def depths(*records: str, calls_blocks: bool = True) -> list[int]:
    """Records as `bcftools query` has them: POS END REF ALT lowest GT DP."""
    lines = [f"{'\t'.join(record.split())}\n" for record in records]
    return list(read_coverage(lines, POSITIONS, calls_blocks=calls_blocks).depths)


def test_block_covers_its_bases_with_its_lowest_depth() -> None:
    assert depths("90 104 A . 7 0/0 9") == [7, 7, 7, -1, -1, -1]
    assert depths("90 104 A . . 0/0 9") == [9, 9, 9, -1, -1, -1]


def test_block_without_a_call_covers_nothing() -> None:
    assert depths("90 300 A . 0 ./. 0") == [-1] * 6


def test_block_without_genotypes_is_covered_by_its_depth() -> None:
    assert depths("90 104 A <*> 3 . 9", calls_blocks=False) == [3, 3, 3, -1, -1, -1]
    assert depths("90 104 A <*> 0 . 2", calls_blocks=False) == [-1] * 6


def test_bases_of_a_variant_are_covered_unless_they_are_deleted() -> None:
    haplotype = "103 106 ACGT TCGA . 0/1 30"
    deletion = "103 105 ACG A . 0/1 31"

    assert depths(haplotype) == [-1, 30, 30, 30, 30, -1]
    assert depths(deletion) == [-1, 31, -1, -1, -1, -1]
    # mpileup calls the deleted bases, too
    assert depths(deletion, "104 106 C . 1 0/0 1") == [-1, 31, -1, -1, 1, -1]


def test_deletion_within_a_repeat_takes_its_first_bases() -> None:
    assert depths("103 106 ACAC AC . 1/1 12") == [-1, 12, -1, -1, 12, -1]


def test_one_allele_is_told_from_two() -> None:
    line = "90\t104\tA\t.\t7\t0\t9\n"

    found = read_coverage([line], POSITIONS, calls_blocks=True)

    assert found.genotype(0) == ("0", 7)
    assert found.genotype(5) is None


def test_base_beside_a_haploid_variant_has_one_allele() -> None:
    haploid, diploid = "100\t100\tA\tT\t.\t1\t9\n", "103\t103\tA\tT\t.\t0/1\t8\n"

    found = read_coverage([haploid, diploid], POSITIONS, calls_blocks=True)

    assert found.genotype(0) == ("0", 9)
    assert found.genotype(1) == ("0/0", 8)


def test_caller_is_known_by_its_header() -> None:
    headers = {
        "bcftools": '##INFO=<ID=MinDP,Number=1,Type=Integer,Description="depth">\n',
        "freebayes": "##source=freeBayes v1.3.6\n",
        "strelka": "##source=strelka\n",
    }
    found = {name: caller_of(["##fileformat=VCFv4.2\n", line]) for name, line in headers.items()}

    assert {name: each and each.name for name, each in found.items()} == {
        each.name: each.name for each in CALLERS
    }
    assert caller_of(["##source=HaplotypeCaller\n"]) is None


def test_version_of_a_caller_is_in_its_header() -> None:
    headers = {
        "bcftools": "##bcftools_callVersion=1.16+htslib-1.16\n",
        "freebayes": "##source=freeBayes v1.3.6\n",
        "strelka": "##source_version=2.9.10\n",
    }
    found = {each.name: each.version_in(["##x\n", headers[each.name]]) for each in CALLERS}

    assert found == {"bcftools": "1.16", "freebayes": "1.3.6", "strelka": "2.9.10"}


@pytest.mark.parametrize(
    ("options", "is_mergeable"),
    [
        ("-f genome.fa --gvcf a.bam", True),
        ("-p 2 --gvcf", True),
        ("--ploidy 2 -t p.bed", True),
        ("-p 1 --gvcf", False),
        ("-p4", False),
        ("--ploidy=1 a.bam", False),
        ("--ploidy 20", False),
        ("-A copies.bed", False),
        ("--cnv-map copies.bed", False),
    ],
)
def test_freebayes_of_another_ploidy_does_not_tell_the_genotypes_of_blocks(
    options: str, is_mergeable: bool
) -> None:
    header = ["##source=freeBayes v1.3.6\n", f'##commandline="freebayes {options}"\n']

    caller = caller_of(header)

    assert caller is not None
    assert caller.is_mergeable(header) is is_mergeable


def listed(sample: str, etag: str = "") -> ListedGvcf:
    return ListedGvcf(sample, S3Uri("bucket", f"{sample}.g.vcf.gz"), 12, etag or f"e{sample}")


def test_list_is_read_as_it_was_written_in_the_order_of_names() -> None:
    text = list_text([listed("s2"), listed("s10")])

    assert read_list(text) == ((listed("s10"), listed("s2")), [])
    assert json.loads(text.splitlines()[0])["gvcfS3Path"] == "s3://bucket/s10.g.vcf.gz"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it lists no gVCF"),
        ("{", "line 1: is not JSON"),
        ('{"sampleId": "a"}', "line 1: needs sampleId, gvcfS3Path, bytes, etag"),
        (
            '{"sampleId": "a b", "gvcfS3Path": "s3://bucket/k", "bytes": 1, "etag": "e"}',
            "line 1: sampleId 'a b' is not a sample's name",
        ),
        (
            '{"sampleId": "a", "gvcfS3Path": "k", "bytes": 1, "etag": "e"}',
            "line 1: gvcfS3Path:",
        ),
        (
            '{"sampleId": "a", "gvcfS3Path": "s3://bucket/k", "bytes": 0, "etag": "e"}',
            "line 1: bytes is to be the object's size",
        ),
        (list_text([listed("a"), listed("a", "other")]), "the sample a is listed twice"),
        (
            list_text([listed("a", "same"), listed("b", "same")]),
            "the gVCFs of a and b have the same content",
        ),
    ],
)
def test_wrong_list_is_refused(text: str, problem: str) -> None:
    _, problems = read_list(text)

    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_memory_of_the_job_definition_is_enough_for_hundreds() -> None:
    assert memory_gib(512) is None
    assert memory_gib(1000) == 22
    template = (Path(__file__).parents[3] / "template.yaml").read_text()
    definition = template.partition("  BcftoolsMergeJobDefinition:\n")[2][:700]
    assert '{Type: MEMORY, Value: "14336"}' in definition
    assert '{Type: VCPU, Value: "8"}' in definition
